import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'node:test'
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import { Context } from '@temporalio/activity'
import { Client, Connection, ScheduleClient, WorkflowFailedError } from '@temporalio/client'
import proto from '@temporalio/proto'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker'
import { heldClaims } from '../../activities/retention/held-claims.ts'
import { blobGarbage } from '../../activities/retention/blob-garbage.ts'
import { deleteGarbage } from '../../activities/retention/delete-garbage.ts'
import {
  lookForGarbage,
  type LookForGarbageInput,
} from '../../activities/retention/look-for-garbage.ts'
import { parkPlan } from '../../activities/retention/parked-plan.ts'
import { sweepGarbage, type SweepGarbageInput } from '../../activities/retention/sweep-garbage.ts'
import { runAttempt } from '../../activities/run-attempt.ts'
import {
  blobClaimsIn,
  createDataConverter,
  createS3ObjectStore,
  createS3UnfinishedUploads,
  generationOf,
  staticKeys,
  type ObjectKey,
  type ObjectStore,
} from '../../codec/index.ts'
import { createS3Client } from '../../codec/s3-client.ts'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { createRetentionHistories } from '../../src/client/retention-histories.ts'
import { historyEvents } from '../../src/client/raw-histories.ts'
import { approveRetention, startRetention } from '../../src/client/start-retention.ts'
import { bundleWorkflows } from '../../src/worker/bundle-workflows.ts'
import { createLogger, installRuntime } from '../../src/worker/runtime-logger.ts'
import { retentionProgressQuery, type retention } from '../../workflows/index.ts'
import { eventually } from '../support/eventually.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { jsonLines, runCli } from '../support/run-cli.ts'
import { createRoleWorkers } from './support/role-workers.ts'

const { Duration } = proto.google.protobuf
const dayMs = 86_400_000
/** Other tests run beside this one. */
const patienceMs = 60_000
const { signal } = new AbortController()
const long = (name: string): string => `${name} ${randomBytes(1_500).toString('hex')}`

describe('claimcheck gc', () => {
  const namespace = uniqueName('gc')
  const taskQueue = uniqueName('gc')
  let store: ObjectStore
  let connection: Connection
  let native: NativeConnection
  let client: Client
  /** Without a codec. */
  let plain: Client
  let worker: Worker
  let running: Promise<void>

  before(async () => {
    const { temporal, store: address } = externalAddresses(process.env)
    assert.ok(temporal && address)
    installRuntime(createLogger('silent'))
    store = createS3ObjectStore(address)
    connection = await Connection.connect({ address: temporal.address })
    native = await NativeConnection.connect({ address: temporal.address })
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: Duration.fromObject({ seconds: dayMs / 1000 }),
    })
    const dataConverter = createDataConverter({
      store,
      namespace,
      thresholdBytes: 1_024,
      encryption: staticKeys({ keys: { main: randomBytes(32) } }),
    })
    client = new Client({ connection, namespace, dataConverter })
    plain = new Client({ connection, namespace })
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(import.meta.resolve('./support/holding-workflows.ts')),
      logger: new DefaultLogger('ERROR'),
    })
    // The server takes a moment until it knows a new namespace everywhere.
    worker = await eventually(
      'the namespace',
      () =>
        Worker.create({
          connection: native,
          namespace,
          taskQueue,
          dataConverter,
          workflowBundle: { code },
          activities: {
            enlarge: async (name: string) => long(name),
            async holdOn(name: string) {
              Context.current().heartbeat(long(name))
              await Context.current().cancelled
            },
          },
        }).catch(() => undefined),
      patienceMs,
    )
    running = worker.run()
  })

  after(async () => {
    worker?.shutdown()
    await running
    await native?.close()
    await connection?.close()
    store?.close()
  })

  const begin = (
    workflowType: string,
    args: readonly unknown[],
    options: { readonly memo?: Record<string, unknown>; readonly maximumAttempts?: number } = {},
  ) => {
    const { memo = {}, maximumAttempts } = options
    return client.workflow.start(workflowType, {
      workflowId: uniqueName(workflowType),
      taskQueue,
      args: [...args],
      memo,
      ...(maximumAttempts === undefined
        ? {}
        : { retry: { maximumAttempts, initialInterval: '100ms' } }),
    })
  }

  const claimsOf = async (workflowId: string, runId: string): Promise<Set<ObjectKey>> => {
    const events = await Array.fromAsync(historyEvents(client, { workflowId, runId }, signal))
    return new Set(blobClaimsIn(events).map(({ key }) => key))
  }

  it('keeps whatever a history, a heartbeat or a schedule names, and deletes the rest', async () => {
    const schedules = new ScheduleClient({
      connection,
      namespace,
      dataConverter: client.options.dataConverter,
    })
    const schedule = await schedules.create({
      scheduleId: 'nightly',
      spec: {},
      action: {
        type: 'startWorkflow',
        workflowType: 'holding',
        taskQueue,
        args: [`continued ${long('scheduled')}`, 'end'],
      },
    })
    await schedule.trigger()
    const [waits, ended, retried, continued, failed] = await Promise.all([
      begin('holding', [long('open'), 'wait'], { memo: { note: long('memo') } }),
      begin('holding', [long('ended'), 'end']),
      begin('failingFirst', [long('retried')], { maximumAttempts: 2 }),
      begin('holding', [long('goes on'), 'continue']),
      begin('holding', [long('failed'), 'fail']),
    ])
    await ended.result()
    await continued.result()
    await assert.rejects(failed.result())
    const { workflowService: service } = connection
    const events = await Array.fromAsync(
      historyEvents(
        client,
        { workflowId: ended.workflowId, runId: ended.firstExecutionRunId },
        signal,
      ),
    )
    const lastTask = events.findLast((event) => event.workflowTaskCompletedEventAttributes)
    const { runId: resetRunId } = await service.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: ended.workflowId, runId: ended.firstExecutionRunId },
      workflowTaskFinishEventId: lastTask?.eventId ?? null,
      requestId: randomUUID(),
    })
    await client.workflow.getHandle(ended.workflowId, resetRunId).result()
    const heartbeats = await eventually(
      'the heartbeat',
      async () => {
        const { raw } = await client.workflow.getHandle(waits.workflowId).describe()
        const claims = blobClaimsIn(raw.pendingActivities)
        return claims.length > 0 ? claims : undefined
      },
      patienceMs,
    )
    // Visibility hears of runs some moments late.
    const latest = await Promise.all([ended, retried, continued].map(lastRun))
    await eventually(
      'all runs to be listed',
      async () => {
        const runs = await Array.fromAsync(client.workflow.list(), ({ runId }) => runId)
        return latest.every((runId) => runs.includes(runId)) ? true : undefined
      },
      patienceMs,
    )

    const histories = createRetentionHistories(client)
    const laterRuns = { cut: new Date(0), isOld: () => true, isOldObject: () => true }
    const byHolder = new Map<string, Set<ObjectKey>>()
    for await (const { holder, claims } of heldClaims(histories, laterRuns, signal))
      byHolder.set(holder.split(', ').slice(0, 2).join(', '), new Set(claims.map(({ key }) => key)))
    const heldBy = (workflowId: string, runId: string) =>
      byHolder.get(`workflow ${workflowId}, run ${runId}`) ?? new Set()
    const resetClaims = await claimsOf(ended.workflowId, resetRunId)
    assert.ok(resetClaims.size >= 4)
    assert.deepEqual(heldBy(ended.workflowId, resetRunId), resetClaims, 'read whole')
    const original = await claimsOf(ended.workflowId, ended.firstExecutionRunId)
    const first = heldBy(ended.workflowId, ended.firstExecutionRunId)
    assert.ok(first.size > 0 && first.size < original.size, 'its first event alone')
    assert.ok(heldBy(retried.workflowId, await lastRun(retried)).size > 0, 'the second attempt')
    assert.ok(heldBy(continued.workflowId, await lastRun(continued)).size > 0, 'as it goes on')

    // What a client has encoded and never sent.
    const [codec] = client.options.loadedDataConverter.payloadCodecs
    const unsent = await codec?.encode([
      { metadata: { encoding: Buffer.from('binary/plain') }, data: randomBytes(2_000) },
    ])
    const [lost] = blobClaimsIn(unsent)
    const now = new Date(Date.now() + 60 * dayMs)
    const sources = [blobGarbage({ store, histories, graceMs: 0 })]
    const plan = await parkPlan({ store, sources }, { id: namespace, now, signal })
    const swept = await deleteGarbage(
      { store, sources },
      { plan: plan.key, maxDelete: 10, now, signal },
    )
    assert.deepEqual([swept.planned, swept.deleted], [1, 1])
    const left = new Set(await Array.fromAsync(store.list(`blobs/${namespace}/`), ({ key }) => key))
    assert.ok(lost !== undefined && !left.has(lost.key))
    const held = new Set([...byHolder.values()].flatMap((keys) => [...keys]))
    for await (const { workflowId, runId } of client.workflow.list())
      for (const key of await claimsOf(workflowId, runId)) held.add(key)
    assert.ok(held.size > 20, String(held.size))
    for (const key of [...held, ...heartbeats.map((claim) => claim.key)])
      assert.ok(left.has(key), `${key} was deleted`)
    const holder = `workflow ${waits.workflowId}, run ${waits.firstExecutionRunId}`
    assert.ok(plan.summary.kept.some(({ subject }) => subject === holder))
    const failure = await failed.result().catch((error: unknown) => error)
    assert.ok(failure instanceof WorkflowFailedError)
    assert.match(JSON.stringify(failure.cause), /of a failure/)
    assert.match(JSON.stringify((await schedule.describe()).action), /continued scheduled/)
    await client.workflow.getHandle(waits.workflowId).signal('go', long('told'))
  })

  it('plans by default, asks before it deletes, and says what stays and why', async () => {
    const environment = { ...process.env, TEMPORAL_NAMESPACE: namespace }
    const planned = await runCli(['gc', '--kind', 'blob', 'value', '--json'], environment)
    assert.equal(planned.exitCode, 0, planned.stderr)
    const lines = jsonLines(planned)
    assert.deepEqual(lines.at(-1), { type: 'plan', objects: 0, sizeBytes: 0, furtherKept: 0 })
    const week = `blobs/${namespace}/${generationOf(new Date())}/`
    assert.ok(planned.stdout.includes(`"subject":"${week}"`), planned.stdout)
    const unasked = await runCli(['gc', '--apply'], environment)
    assert.deepEqual([unasked.exitCode, unasked.stdout], [2, ''])
    const applied = await runCli(['gc', '--kind', 'blob', '--apply', '--yes'], environment)
    assert.equal(applied.exitCode, 0, applied.stderr)
    assert.match(applied.stdout, /^kept\tblob\t/)
    assert.match(applied.stderr, /deleted 0 objects/)
  })

  it('finds and aborts uploads in parts that nobody has completed', async () => {
    const { store: address } = externalAddresses(process.env)
    assert.ok(address)
    const s3 = createS3Client(address)
    const uploads = createS3UnfinishedUploads(address)
    try {
      const key = `values/${namespace}/workflow/run/upload` as ObjectKey
      const command = new CreateMultipartUploadCommand({ Bucket: address.bucket, Key: key })
      const { UploadId: uploadId = '' } = await s3.send(command)
      const ours = async () =>
        (await Array.fromAsync(uploads.list())).filter((each) => each.uploadId === uploadId)
      const found = await ours()
      assert.deepEqual(
        found.map((upload) => upload.key),
        [key],
      )
      assert.ok(Math.abs(Date.now() - (found[0]?.begunAt.getTime() ?? 0)) < dayMs)
      await uploads.abort({ key, uploadId })
      assert.deepEqual(await ours(), [])
      await uploads.abort({ key, uploadId })
    } finally {
      uploads.close()
      s3.destroy()
    }
  })

  it('is done by workers too, once a person has approved the plan', async () => {
    const key = `values/${namespace}/workflow/run/name` as ObjectKey
    await store.put(key, Buffer.from('old'), { contentType: 'text/plain' })
    const garbageSources = () => [
      async function* () {
        for await (const object of store.list(`values/${namespace}/`))
          yield { garbage: { ...object, kind: 'value', reason: 'for this test' } } as const
      },
    ]
    const ports = { store, garbageSources, settleMs: 0 }
    const workers = await createRoleWorkers({
      connection: native,
      namespace,
      taskQueue: `${taskQueue}-own`,
      workflowBundle: await bundleWorkflows({ encryptsFailures: false }),
      activities: {
        lookForGarbage: (input: LookForGarbageInput) =>
          runAttempt((attempt) => lookForGarbage(ports, input, attempt)),
        sweepGarbage: (input: SweepGarbageInput) =>
          runAttempt((attempt) => sweepGarbage(ports, input, attempt)),
      },
    })
    const run = Promise.all(workers.map((each) => each.run()))
    try {
      const input = { graceMs: 0, maxDelete: 5, autoApprove: false, approvalMs: 600_000 }
      const request = { input, taskQueue: `${taskQueue}-own`, now: new Date() }
      const { workflowId, joined } = await startRetention(plain, request)
      assert.equal(joined, false)
      assert.equal(workflowId, `retention/${request.now.toISOString().slice(0, 10)}`)
      assert.equal((await startRetention(plain, request)).joined, true)
      const handle = plain.workflow.getHandle<typeof retention>(workflowId)
      await eventually(
        'the plan',
        async () => {
          const { phase } = await handle.query(retentionProgressQuery)
          return phase === 'waiting' ? true : undefined
        },
        patienceMs,
      )
      assert.ok(await store.head(key))
      const approved = await approveRetention(plain, { workflowId, signal })
      assert.deepEqual([approved.progress.objects, approved.progress.sizeBytes], [1, 3])
      const { phase, swept } = await handle.result()
      assert.deepEqual([phase, swept?.deleted], ['done', 1])
      assert.equal(await store.head(key), undefined)
      const folder = approved.progress.plan?.replace('plan.ndjson', '') ?? ''
      const names = await Array.fromAsync(store.list(folder), (object) =>
        object.key.slice(folder.length),
      )
      assert.deepEqual(names, ['00001-deleted.ndjson', '00001-deleting.ndjson', 'plan.ndjson'])

      await store.put(key, Buffer.from('old'), { contentType: 'text/plain' })
      const impatient = { ...request, input: { ...input, approvalMs: 100 } }
      await startRetention(plain, impatient)
      assert.equal((await handle.result()).phase, 'not-approved')
      assert.ok(await store.head(key))
      const late = approveRetention(plain, { workflowId, signal })
      await assert.rejects(late, { code: 'RUN_NOT_FOUND' })
    } finally {
      for (const each of workers) each.shutdown()
      await run
    }
  })

  const lastRun = async ({ workflowId }: { readonly workflowId: string }): Promise<string> =>
    (await client.workflow.getHandle(workflowId).describe()).runId
})
