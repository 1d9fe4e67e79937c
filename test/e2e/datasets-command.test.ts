import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import { manifestKey, partKey } from '../../activities/bucket-layout.ts'
import type { DatasetId } from '../../activities/index.ts'
import type { ObjectKey } from '../../codec/index.ts'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { startLoad } from '../../src/client/start-load.ts'
import { openDatasetGarbage } from '../../src/inspect/datasets/open-dataset-garbage.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { runSummary } from '../support/run-summary.ts'
import { bodyOf, hardColumns, hardRows } from './support/hard-rows.ts'

const partition = '2001'

const rowLine = z.object({ type: z.literal('row'), values: z.record(z.string(), z.unknown()) })
const listedLine = z.object({
  datasetId: z.string(),
  state: z.string(),
  rows: z.number().nullable(),
  rejects: z.number().nullable(),
  loads: z.union([z.literal('unknown'), z.array(z.object({ target: z.string() }))]),
  madeFrom: z.string().nullable(),
})

describe('claimcheck datasets', () => {
  let bed: LoadBed
  let server: Server
  let rows = hardRows()
  const name = uniqueName('made')
  const table = tableOf(name)
  const bad = [{ id: 'not a number' }, { id: 7_000, big: 'x' }]

  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
    server = createServer((_request, response) => response.end(bodyOf([...rows, ...bad])))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await writeRecords(bad.length)
  })
  after(async () => {
    server?.close()
    server?.closeAllConnections()
    await bed?.close()
  })

  async function writeRecords(maxRejects: number): Promise<void> {
    const { port } = server.address() as AddressInfo
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'http', url: `http://127.0.0.1:${port}/`, format: 'json' },
      columns: hardColumns,
      limits: { attempts: 1 },
      on_reject: { max: maxRejects },
      target: { kind: 'postgres', table, mode: 'merge' },
      retention: { datasets: { keep: 1, days: 30 }, unfinished: { days: 7 } },
    })
  }

  const run = () => bed.cli(['run', name, '--partition', partition, '--wait', '--json'])
  const place = (datasetId: string) => ({
    pipeline: name,
    partition,
    datasetId: datasetId as DatasetId,
  })
  let first = ''
  let last = ''

  it('`head` prints every value as PostgreSQL shows it, and `--rejects` what was set aside', async () => {
    first = runSummary(await run()).datasetId
    const names = Object.keys(hardColumns)
    const expected = await bed.database.query<{ texts: (string | null)[] }>(
      `SELECT ARRAY[${names
        .map((column) => `CASE WHEN "${column}" IS NOT NULL THEN format('%s', "${column}") END`)
        .join(', ')}] AS texts FROM ${table} ORDER BY id`,
    )
    assert.equal(expected.length, rows.length)
    const shown = await bed.cli(['datasets', 'head', first.slice(0, 8), '--rows', '9999', '--json'])
    assert.equal(shown.exitCode, 0, shown.stderr)
    const [, ...lines] = jsonLines(shown)
    for (const [index, line] of lines.entries()) {
      const { values } = rowLine.parse(line)
      assert.deepEqual(
        names.map((column) => values[column]),
        expected[index]?.texts,
      )
    }
    assert.equal(lines.length, expected.length)
    const rejects = await bed.cli(['datasets', 'head', first, '--rejects'])
    const cells = rejects.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    assert.deepEqual(
      cells.map(([, record, , reason]) => [Number(record), reason]),
      [
        [rows.length, 'id: the value is not of type integer'],
        [rows.length + 1, 'big: the value is not of type bigint'],
      ],
    )
    assert.ok(cells[0]?.[0]?.startsWith(`landing/${name}/${partition}/`))
  })

  it('`ls` and `show` say what there is, and where it came from and went', async () => {
    await writeRecords(0)
    rows = [...rows, { ...rows[0], id: 8_000 }]
    assert.equal((await run()).exitCode, 1)
    const listed = jsonLines(await bed.cli(['datasets', 'ls', name, '--json'])).map((line) =>
      listedLine.parse(line),
    )
    assert.deepEqual(
      listed.map((line) => ({ ...line, datasetId: '' })),
      [
        {
          datasetId: '',
          state: 'unfinished',
          rows: null,
          rejects: null,
          loads: [],
          madeFrom: null,
        },
        {
          datasetId: '',
          state: 'sealed',
          rows: rows.length - 1,
          rejects: 2,
          loads: [{ target: table }],
          madeFrom: null,
        },
      ],
    )
    const away = { CLAIMCHECK_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
    const unknown = await bed.cli(['datasets', 'ls', name, '--limit', '1'], away)
    assert.equal(unknown.exitCode, 0, unknown.stderr)
    assert.equal(unknown.stdout.trimEnd().split('\t')[9], 'unknown')
    const { stdout } = await bed.cli(['datasets', 'show', first])
    for (const part of [
      'state: sealed',
      `served: ${rows.length + 1}`,
      'rejected: 2',
      'type: timestamptz[]',
      `landing: landing/${name}/${partition}/`,
      `target: ${table}`,
      'keep: 1',
    ]) {
      assert.ok(stdout.includes(part), `${part} in ${stdout}`)
    }
    assert.equal((await bed.cli(['datasets', 'show', 'eeeeeeeeeeee'])).exitCode, 4)
  })

  it('`verify` finds what is damaged, with the landing, and nothing where all is whole', async () => {
    const whole = await bed.cli(['datasets', 'verify', '--pipeline', name, '--landing'])
    const told = '2 datasets: 2 intact, 0 damaged\n'
    assert.deepEqual([whole.exitCode, whole.stderr], [0, told])
    assert.equal(whole.stdout.match(/^intact/gm)?.length, 2, whole.stdout)
    const flip = async (key: ObjectKey): Promise<() => Promise<void>> => {
      const { metadata = {} } = (await bed.store.head(key)) ?? {}
      const body = await bed.store.get(key)
      const flipped = Buffer.from(body)
      flipped[200] = (flipped[200] ?? 0) ^ 1
      await bed.store.put(key, flipped, { contentType: 'x', metadata })
      return () => bed.store.put(key, body, { contentType: 'x', metadata })
    }
    const part = partKey(place(first), 0)
    const pages: ObjectKey[] = []
    for await (const { key } of bed.store.list(`landing/${name}/`)) {
      if (key.includes('/0001/page-')) pages.push(key)
    }
    const [page] = pages
    assert.ok(page)
    const putBack = [await flip(part), await flip(page)]
    const damaged = await bed.cli(['datasets', 'verify', first, '--landing'])
    assert.equal(damaged.exitCode, 3)
    assert.ok(damaged.stdout.includes(`${part} has another SHA-256`), damaged.stdout)
    assert.ok(damaged.stdout.includes(`  ${page} `), damaged.stdout)
    for (const restore of putBack) await restore()
    const manifest = await bed.store.get(manifestKey(place(first)))
    await bed.store.delete([manifestKey(place(first))])
    const lost = await bed.cli(['datasets', 'verify', first])
    assert.equal(lost.exitCode, 3)
    assert.ok(lost.stdout.includes(`the dataset was loaded into ${table}`), lost.stdout)
    await bed.store.put(manifestKey(place(first)), manifest, { contentType: 'application/json' })
  })

  it('`rm` removes what nothing needs, and says why it does not', async () => {
    const needed = await bed.cli(['datasets', 'rm', first, '--apply', '--yes', '--json'])
    assert.equal(needed.exitCode, 1)
    assert.match(needed.stderr, /^DATASET_NEEDED: .*it is what was loaded last of its partition/)
    assert.equal((await bed.cli(['datasets', 'rm', first, '--apply'])).exitCode, 2)
    await writeRecords(bad.length)
    const second = runSummary(await run()).datasetId
    const plan = await bed.cli(['datasets', 'rm', first])
    assert.match(plan.stdout, /^would remove datasets\/.*: \d+ objects, .*\n$/)
    assert.notEqual(await bed.store.head(manifestKey(place(first))), undefined)
    const removed = await bed.cli(['datasets', 'rm', first, '--apply', '--yes'])
    assert.equal(removed.exitCode, 0, removed.stderr)
    const [, audit = ''] = /audit: (\S+)/.exec(removed.stdout) ?? []
    const left: string[] = []
    for await (const { key } of bed.store.list(`datasets/${name}/${partition}/${first}/`)) {
      left.push(key)
    }
    assert.deepEqual(left, [])
    const lines: string[] = []
    for await (const { key } of bed.store.list(`${audit}00001-deleted`)) {
      lines.push(
        ...Buffer.from(await bed.store.get(key))
          .toString()
          .trimEnd()
          .split('\n'),
      )
    }
    assert.ok(lines.some((line) => line.includes(`${first}/manifest.json`)))
    last = second
  })

  it('their rule lets go what was given up, unless a run of the partition is open', async () => {
    const store = externalAddresses(process.env).store
    assert.ok(store)
    const garbage = openDatasetGarbage({
      client: bed.client,
      store: bed.store,
      storeAddress: store,
      databaseUrl: bed.database.url,
      environment: {},
    })
    const plan = async () => {
      const found = new Set<string>()
      const now = new Date(Date.now() + 8 * 86_400_000)
      for await (const finding of garbage.source({ now, signal: AbortSignal.timeout(60_000) })) {
        if ('garbage' in finding) {
          const { kind, key } = finding.garbage
          // The dataset, or which of the landings.
          found.add(key.split('/')[kind === 'dataset' ? 3 : 4] ?? '')
        }
        if ('kept' in finding && finding.kept.subject.startsWith(`datasets/${name}/`)) {
          found.add(finding.kept.reason)
        }
      }
      return [...found]
    }
    const [givenUp = '', ...others] = await plan()
    // The dataset that was made of it is removed, and the run that was given up landed another one.
    assert.deepEqual(others, ['0001'])
    assert.ok(![first, last, ''].includes(givenUp))
    const definition = await loadPipeline(name, [bed.pipelines])
    const requestedAt = new Date()
    const open = await startLoad(bed.client, {
      definition,
      partition,
      requestedAt,
      taskQueue: 'nobody',
    })
    assert.deepEqual(await plan(), [`the run ${open.workflowId} is open`])
    await bed.client.workflow.getHandle(open.workflowId).terminate()
    const workflowId = `reprocess/${last}/of-a-kind`
    const again = await bed.client.workflow.start('reprocess', {
      workflowId,
      taskQueue: 'nobody',
      args: [],
    })
    await eventually('the run to be listed', async () =>
      (await plan())[0] === `the run ${workflowId} is open` ? true : undefined,
    )
    await again.terminate()
    assert.deepEqual(await plan(), [givenUp, ...others])
    await garbage.close()
  })
})
