import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import {
  blobKey,
  createS3ObjectStore,
  parseBlobKey,
  type Generation,
  type ObjectKey,
} from '../../codec/index.ts'
import { parseClaimPayload } from '../../codec/claim-payload.ts'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { temporalCli } from '../codec/temporal-cli.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { jsonLines, mainScript, type CliOutcome } from '../support/run-cli.ts'

const bucket = uniqueName('blobs')
const part = 'datasets/p/2001/0b6c1a52-3f5e-4c5e-8f0e-1d2a3b4c5d6e/part-00000.parquet' as ObjectKey
const earlierWeek = '2020-W01' as Generation

describe('claimcheck blobs and decode', () => {
  let bed: LoadBed
  const workflowId = uniqueName('holder')
  const scheduleId = uniqueName('holding')
  const value = { n: 1, noise: randomBytes(200_000).toString('base64') }
  let runId = ''
  let digest = ''
  let key = '' as ObjectKey

  before(async () => {
    const overrides = {
      CLAIMCHECK_STORE_BUCKET: bucket,
      CLAIMCHECK_ENCRYPTION_KEYS: `of-test:${randomBytes(32).toString('base64')}`,
    }
    const { store } = externalAddresses({ ...process.env, ...overrides })
    if (store === undefined) throw new Error('no store is named: run the tests with `npm test`')
    const made = createS3ObjectStore(store)
    await made.ensureBucket()
    made.close()
    bed = await openLoadBed(overrides)
    // Nobody works on it: the start of a history is all that is needed.
    const start = { taskQueue: uniqueName('idle'), args: [value] }
    const handle = await bed.client.workflow.start('holds', { ...start, workflowId })
    runId = handle.firstExecutionRunId
    const action = { type: 'startWorkflow', workflowType: 'holds', ...start } as const
    await bed.client.schedule.create({ scheduleId, action, spec: {}, state: { paused: true } })
    for await (const listed of bed.store.list('blobs/')) key = listed.key
    digest = parseBlobKey(key)?.digest ?? ''
    assert.notEqual(digest, '')
    await bed.store.put(part, await readFile('test/fixtures/parquet/decimals.parquet'), {
      contentType: 'application/vnd.apache.parquet',
    })
  })
  after(async () => {
    await bed?.client.workflow.getHandle(workflowId).terminate()
    await bed?.client.schedule.getHandle(scheduleId).delete()
    await bed?.close()
  })

  const lines = (outcome: CliOutcome) => jsonLines(outcome) as Readonly<Record<string, unknown>>[]

  /** Runs `claimcheck decode` with that on its standard input. */
  async function decode(input: string, environment: NodeJS.ProcessEnv = {}): Promise<CliOutcome> {
    const child = spawn(process.execPath, [mainScript, 'decode'], {
      env: { ...bed.environment, ...environment },
      timeout: 180_000,
    })
    child.stdin.end(input)
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    return { exitCode: Number(exitCode), stdout, stderr }
  }

  it('`ls` lists blobs week by week, and the claims of a history by event', async () => {
    const { generation = earlierWeek } = parseBlobKey(key) ?? {}
    const [all, none, claims] = await Promise.all([
      bed.cli(['blobs', 'ls', '--prefix', digest.slice(0, 8)]),
      bed.cli(['blobs', 'ls', '--generation', earlierWeek, '--larger-than', '1KiB']),
      bed.cli(['blobs', 'ls', '--workflow', workflowId, '--json']),
    ])
    const stored = (await bed.store.head(key))?.sizeBytes
    assert.deepEqual(all.stdout.trimEnd().split('\t').slice(0, 3), [
      digest,
      generation,
      String(stored),
    ])
    assert.deepEqual([none.exitCode, none.stdout, none.stderr], [0, '', ''])
    const [claim, ...others] = lines(claims)
    assert.deepEqual(others, [], claims.stderr)
    const { eventId, eventType, field, kind, storedBytes } = claim ?? {}
    assert.deepEqual(
      { eventId, eventType, field, kind, digest: claim?.['digest'], storedBytes },
      {
        eventId: 1,
        eventType: 'WorkflowExecutionStarted',
        field: 'input',
        kind: 'blob',
        digest,
        storedBytes: stored,
      },
    )
  })

  it('`show` tells what is known of a blob, named by the beginning of its digest', async () => {
    const digits = digest.slice(0, 8)
    const earlier = blobKey({
      namespace: bed.client.options.namespace,
      generation: earlierWeek,
      digest: parseBlobKey(key)?.digest ?? assert.fail(),
    })
    const options = { contentType: 'x' }
    await bed.store.put(earlier, await bed.store.get(key), options)
    const near = `${digits}${digest.slice(8).replaceAll(/./g, '0')}`
    const shown = await bed.cli(['blobs', 'show', digits, '--json'])
    await bed.store.put(earlier.replace(digest, near) as ObjectKey, Buffer.alloc(1), options)
    const [ambiguous, unknown] = await Promise.all([
      bed.cli(['blobs', 'show', digits]),
      bed.cli(['blobs', 'show', 'e'.repeat(64)]),
    ])
    await bed.store.delete([earlier, earlier.replace(digest, near) as ObjectKey])
    const [facts = {}] = lines(shown)
    assert.deepEqual(
      [
        shown.exitCode,
        facts['state'],
        facts['encryptionKeyId'],
        facts['encoding'],
        facts['workflowId'],
      ],
      [0, 'intact', 'of-test', 'json/plain', workflowId],
    )
    assert.deepEqual(facts['generations'], [earlierWeek, parseBlobKey(key)?.generation])
    assert.equal(ambiguous.exitCode, 2)
    assert.ok(
      ambiguous.stderr.includes(near) && ambiguous.stderr.includes(digest),
      ambiguous.stderr,
    )
    assert.equal(unknown.exitCode, 4)
    assert.match(unknown.stderr, /^BLOB_NOT_FOUND: /)
  })

  it('`cat` prints all of a value, `head` the beginning of one and rows of a part', async () => {
    const [whole, beginning, rows] = await Promise.all([
      bed.cli(['blobs', 'cat', digest.slice(0, 8)]),
      bed.cli(['blobs', 'head', key, '--lines', '2']),
      bed.cli(['blobs', 'head', part, '--lines', '1', '--json']),
    ])
    assert.deepEqual([whole.exitCode, JSON.parse(whole.stdout)], [0, value])
    assert.equal(beginning.stdout, '{\n  "n": 1,\n')
    const [columns, row] = lines(rows)
    assert.equal(columns?.['type'], 'columns', rows.stderr)
    assert.deepEqual(Object.entries(row?.['row'] ?? {}).slice(0, 2), [
      ['id', '0'],
      ['d38_2', '-12345.67'],
    ])
  })

  it('`refs` says which events and schedules hold a blob', async () => {
    const held = await bed.cli(['blobs', 'refs', digest.slice(0, 8), '--json'])
    assert.equal(held.exitCode, 0, held.stderr)
    assert.deepEqual(
      lines(held).map(({ holder, runId: run, eventId, name }) => ({ holder, run, eventId, name })),
      [
        { holder: 'workflow', run: runId, eventId: 1, name: undefined },
        { holder: 'other', run: undefined, eventId: undefined, name: `schedule ${scheduleId}` },
      ],
    )
  })

  it('`du` adds up folders', async () => {
    const { stdout } = await bed.cli(['blobs', 'du'])
    const folders = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 2))
    assert.deepEqual(folders, [
      [key.split('/').slice(0, 3).join('/'), '1'],
      ['datasets/p', '1'],
    ])
  })

  it('`decode` reads what the Temporal CLI prints, a payload and a claim', async () => {
    const show = ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json']
    const history = await temporalCli(...show, '--no-json-shorthand-payloads')
    const { history: raw } = await bed.client.workflowService.getWorkflowExecutionHistory({
      namespace: bed.client.options.namespace,
      execution: { workflowId, runId },
    })
    const payload = raw?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]
    const claim = Buffer.from(payload?.data ?? []).toString()
    assert.equal(parseClaimPayload(payload ?? {}).key, key)
    const [whole, one, locked] = await Promise.all([
      decode(history),
      decode(claim),
      decode(claim, { CLAIMCHECK_ENCRYPTION_KEYS: `other:${randomBytes(32).toString('base64')}` }),
    ])
    assert.equal(whole.exitCode, 0, whole.stderr)
    const started = JSON.parse(whole.stdout).events[0].workflowExecutionStartedEventAttributes
    assert.deepEqual(started.input.payloads, [value])
    assert.deepEqual(JSON.parse(one.stdout), value)
    assert.deepEqual([locked.exitCode, locked.stdout], [1, ''])
    assert.match(locked.stderr, /^ENCRYPTION_KEY_MISSING: /)
    assert.equal((await decode('nothing')).exitCode, 2)
  })

  it('`verify` and all that read tell damage by exit code 3, and what is gone', async () => {
    const good = await bed.store.get(key)
    const options = { contentType: 'x', metadata: (await bed.store.head(key))?.metadata ?? {} }
    const intact = await bed.cli(['blobs', 'verify', 'blobs', '--json'])
    const { objects, intact: whole, damaged } = lines(intact).at(-1) ?? {}
    assert.deepEqual([intact.exitCode, objects, whole, damaged], [0, 1, 1, 0])
    const flipped = Buffer.from(good)
    flipped[100_000] = (flipped[100_000] ?? 0) ^ 4
    await bed.store.put(key, flipped, options)
    const outcomes = await Promise.all([
      bed.cli(['blobs', 'verify', digest.slice(0, 4)]),
      bed.cli(['blobs', 'show', key]),
      bed.cli(['blobs', 'cat', key]),
    ])
    assert.deepEqual(
      outcomes.map(({ exitCode }) => exitCode),
      [3, 3, 3],
    )
    assert.ok(outcomes[0].stdout.startsWith(`damaged\t${key}\tBLOB_DAMAGED\t`), outcomes[0].stdout)
    await bed.store.delete([key])
    const [gone, lost] = await Promise.all([
      // Histories of other tests name blobs of another bucket.
      bed.cli(['blobs', 'verify', 'blobs', '--references', '--json']),
      bed.cli(['blobs', 'cat', key]),
    ])
    const found = lines(gone).find((line) => line['key'] === key)
    assert.deepEqual([gone.exitCode, found?.['state']], [3, 'missing'])
    assert.equal(lost.exitCode, 4)
    await bed.store.put(key, good, options)
  })
})
