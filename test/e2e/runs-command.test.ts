import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Client } from '@temporalio/client'
import proto from '@temporalio/proto'
import { z } from 'zod'
import {
  hasSearchAttributes,
  SEARCH_ATTRIBUTES,
  startWithAttributes,
} from '../../src/client/search-attributes.ts'
import { resolveRun } from '../../src/client/resolve-run.ts'
import { showRun, type RunView } from '../../src/client/show-run.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { jsonLines, type CliOutcome } from '../support/run-cli.ts'

const { Duration } = proto.google.protobuf

const partition = '2001-01-01T06'
const other = '2001-01-01T07'

const listed = z.array(z.object({ type: z.literal('run'), workflowId: z.string() }))

const shown = z.object({
  type: z.literal('run'),
  histories: z.array(z.object({ bytes: z.number() })),
  progress: z.looseObject({ phase: z.string() }),
  pendingActivities: z.array(
    z.object({
      type: z.string(),
      attempt: z.number(),
      lastFailure: z.object({ code: z.string(), remedy: z.string() }).optional(),
    }),
  ),
})

describe('claimcheck runs', { timeout: 400_000 }, () => {
  let bed: LoadBed
  const loaded = uniqueName('runs')
  const failing = uniqueName('failing')
  const key = randomBytes(32).toString('base64')
  before(async () => {
    bed = await openLoadBed({ CLAIMCHECK_ENCRYPTION_KEYS: `main:${key}` })
    await bed.writeFlights({ name: loaded })
    // The discard port: nobody listens there.
    const url = 'http://127.0.0.1:9/flights'
    await bed.writeFlights({ name: failing, limits: { attempts: 50 }, url })
  })
  after(() => bed?.close())

  const runs = async (...words: string[]): Promise<CliOutcome> => {
    const outcome = await bed.cli(['runs', ...words])
    assert.equal(outcome.exitCode, 0, outcome.stderr)
    return outcome
  }
  const loadId = (name: string) => `etl/${name}/${partition}`
  const whenShown = (what: string, name: string, isSo: (view: RunView) => boolean) =>
    eventually(
      what,
      async () => {
        const view = await showRun(bed.client, loadId(name)).catch(() => undefined)
        return view !== undefined && isSo(view) ? view : undefined
      },
      120_000,
    )

  it('says what keeps workers from going on, and the wait goes on when that is mended', async () => {
    const keyless = await bed.startWorker({ CLAIMCHECK_ENCRYPTION_KEYS: '' })
    const waiting = bed.cli(['run', loaded, '--partition', partition, '--wait', '--json'])
    await whenShown('the trouble', loaded, ({ workflowTask }) => workflowTask !== undefined)
    const { stdout } = await runs('show', `${loaded}/${partition}`)
    assert.match(
      stdout,
      /^workers cannot go on:\n {2}attempt: \d+\n {2}code: WORKFLOW_TASK_FAILED$/m,
    )
    assert.ok(stdout.includes('and this process has no keys'), stdout)
    await keyless.stop()
    await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: bed.pipelines })
    const { exitCode, stderr } = await waiting
    assert.equal(exitCode, 0, stderr)
    assert.equal(stderr.match(/workers cannot go on: WORKFLOW_TASK_FAILED: /g)?.length, 1, stderr)
    assert.match(stderr, /goes on\n/)
  })

  it('shows attempts and the last failure of what is tried again, and cancels', async () => {
    await bed.start(failing, partition)
    await whenShown(
      'attempts',
      failing,
      ({ pendingActivities }) => pendingActivities?.[0]?.lastFailure !== undefined,
    )
    const [line] = jsonLines(await runs('show', `${failing}/${partition}`, '--json'))
    const view = shown.parse(line)
    const [activity] = view.pendingActivities
    assert.equal(activity?.type, 'fetchBatch')
    assert.ok(activity.attempt >= 2)
    assert.equal(activity.lastFailure?.code, 'SOURCE_UNREACHABLE')
    assert.equal(view.progress.phase, 'loading')
    assert.equal(view.histories.length, 1)
    // By its beginning, which fits no other run.
    await runs('concurrency', failing, '--batches', '2')
    await runs('cancel', failing)
    await whenShown('the end', failing, ({ closedAt }) => closedAt !== undefined)
    const late = await bed.cli(['runs', 'pause', failing])
    assert.equal(late.exitCode, 1)
    assert.match(late.stderr, /^RUN_ENDED: /)
  })

  it('lists runs of a pipeline, a partition and a state, and finds one by how its id begins', async () => {
    const [first, second] = [loadId(loaded), `etl/${loaded}/${other}`]
    await (await bed.start(loaded, other)).result()
    await eventually('both', async () => {
      const { count } = await bed.client.workflow.count(
        `ClaimcheckPipeline = '${loaded}' AND ExecutionStatus = 'Completed'`,
      )
      return count === 2 || undefined
    })
    const [all, table, ambiguous, histories] = await Promise.all([
      runs('ls', '--json', '--pipeline', loaded),
      runs('ls', '--partition', partition, '--state', 'completed', '--pipeline', loaded),
      bed.cli(['runs', 'show', `${loaded}/2001`]),
      runs('history', `${loaded}/${partition}`),
    ])
    const ids = listed.parse(jsonLines(all)).map(({ workflowId }) => workflowId)
    assert.deepEqual(ids, [second, first])
    const [line = '', ...others] = table.stdout.trimEnd().split('\n')
    const cells = line.split('\t')
    assert.deepEqual([others, ...cells.slice(0, 3)], [[], first, 'bulkLoad', 'completed'])
    assert.match(cells.slice(3).join(' '), /^\d{4}-\d\d-\d\dT[\d:.]+Z \d+\.\d{3} \d+$/)
    assert.equal(ambiguous.exitCode, 2)
    assert.ok(ambiguous.stderr.includes(`${first}, ${second}`), ambiguous.stderr)
    assert.match(histories.stdout, /^[0-9a-f-]{36}\t\d+\t\d+\n$/)
    // Nothing is how every id begins, and an id that Temporal refuses is one of no run.
    for (const text of [uniqueName('none'), '', 'é'.repeat(501)]) {
      await assert.rejects(resolveRun(bed.client, text), { code: 'RUN_NOT_FOUND' })
    }
  })

  it('starts all the same where the namespace has no search attributes, and `doctor` tells', async () => {
    const namespace = uniqueName('bare')
    const { connection } = bed.client
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: Duration.fromObject({ seconds: 86_400 }),
    })
    const client = new Client({ connection, namespace })
    const tried: number[] = []
    const started = await startWithAttributes(
      client,
      { pipeline: loaded, partition },
      (attributes) => {
        tried.push(attributes.length)
        return client.workflow.start('bulkLoad', {
          workflowId: loadId(loaded),
          taskQueue: loaded,
          typedSearchAttributes: attributes,
        })
      },
    )
    assert.deepEqual([started.workflowId, tried], [loadId(loaded), [2, 0]])
    const { stdout } = await bed.cli(['doctor'], { TEMPORAL_NAMESPACE: namespace })
    const command = `temporal operator search-attribute create --namespace ${namespace} --name ClaimcheckPipeline --name ClaimcheckPartition --type Keyword`
    assert.ok(stdout.includes(command), stdout)
  })

  it('is found by its search attributes, and readable in the UI', async () => {
    assert.equal(await hasSearchAttributes(bed.client), true)
    const query = `ClaimcheckPipeline = '${loaded}' AND ClaimcheckPartition = '${partition}'`
    assert.equal((await bed.client.workflow.count(query)).count, 1)
    const handle = bed.client.workflow.getHandle(loadId(loaded))
    const { staticSummary, staticDetails } = await handle.describe()
    assert.match((await staticSummary()) ?? '', new RegExp(`^${loaded} ${partition} → public`))
    assert.match((await staticDetails()) ?? '', /^- \*\*pipeline\*\*: `/)
    const { currentDetails } = await handle.query<{ currentDetails: string }>(
      '__temporal_workflow_metadata',
    )
    assert.match(currentDetails, /^- \*\*phase\*\*: done\n- \*\*batches\*\*: 1 fetched, 1 staged\n/)
  })

  it('gives its attributes to the loads of its items', async () => {
    const name = uniqueName('items')
    for (const item of ['a', 'b'])
      await writeFile(join(bed.pipelines, `${name}-${item}.ndjson`), '{"id": 1}\n')
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path: `${bed.pipelines}/${name}-*.ndjson`, format: 'ndjson' },
      columns: { id: { type: 'integer', key: true } },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    await (await bed.start(name, partition)).result()
    const item = await bed.client.workflow.getHandle(`${loadId(name)}/1`).describe()
    assert.deepEqual(
      Object.values(SEARCH_ATTRIBUTES).map((attribute) =>
        item.typedSearchAttributes.get(attribute),
      ),
      [name, partition],
    )
    assert.equal(await item.staticSummary(), 'item 1')
  })
})
