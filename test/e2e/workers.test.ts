import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { WorkflowHandle } from '@temporalio/client'
import proto from '@temporalio/proto'
import { missingWorkers } from '../../src/client/missing-workers.ts'
import { queueWorkers } from '../../src/client/queue-workers.ts'
import type { LoadHandle } from '../../src/client/start-load.ts'
import { progressQuery } from '../../workflows/index.ts'
import { startCommand, type CommandProcess } from '../support/command-process.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { chainOfHistories } from '../support/run-histories.ts'

const { TaskQueueType } = proto.temporal.api.enums.v1

const partition = '2001-01-01T06'

describe('workers', { timeout: 300_000 }, () => {
  let bed: LoadBed
  const workers: CommandProcess[] = []
  before(async () => {
    bed = await openLoadBed()
  })
  after(async () => {
    await stopAll()
    await bed?.close()
  })

  async function startWorker(words: readonly string[], different: NodeJS.ProcessEnv = {}) {
    workers.push(await startCommand(['worker', ...words], { ...bed.environment, ...different }))
  }
  async function stopAll(): Promise<void> {
    await Promise.all(workers.splice(0).map((worker) => worker.end('SIGTERM')))
  }
  const handleOf = ({ workflowId }: LoadHandle): WorkflowHandle =>
    bed.client.workflow.getHandle(workflowId)

  /** What `doctor` says of the workers of each role. */
  async function doctor(): Promise<Record<string, string>> {
    const checks = jsonLines(await bed.cli(['doctor', '--json'])) as {
      readonly name: string
      readonly finding?: string
      readonly message?: string
    }[]
    const ofWorkers = checks.filter(({ name }) => name.startsWith('worker: '))
    return Object.fromEntries(
      ofWorkers.map(({ name, finding, message }) => [
        name.slice('worker: '.length),
        `${finding ?? message}`.replaceAll(`${bed.environment['CLAIMCHECK_TASK_QUEUE']}`, 'queue'),
      ]),
    )
  }

  it('do the work of their roles, with what these need, and who is missing is told', async () => {
    const noDatabase = { CLAIMCHECK_DATABASE_URL: '' }
    await startWorker([], { ...noDatabase, CLAIMCHECK_WORKER_ROLES: 'orchestration' })
    const pipeline = uniqueName('roles')
    await bed.writeFlights({ name: pipeline })
    const [{ stderr }, found] = await Promise.all([
      bed.cli(['run', pipeline, '--partition', partition]),
      doctor(),
    ])
    const queue = bed.environment['CLAIMCHECK_TASK_QUEUE']
    const [, advice] = stderr.trim().split('\n')
    assert.equal(
      advice,
      `The run waits: no worker polls the queues ${queue}-fetching, ${queue}-converting, ${queue}-loading. Start \`claimcheck worker --roles fetching,converting,loading\`.`,
    )
    assert.deepEqual(found, {
      orchestration: '1 on queue queue',
      fetching: 'no worker polls the queue queue-fetching',
      converting: 'no worker polls the queue queue-converting',
      loading: 'no worker polls the queue queue-loading',
    })
    await Promise.all([
      startWorker(['--roles', 'fetching,converting'], noDatabase),
      startWorker(['--roles', 'loading']),
    ])
    const load = await bed.start(pipeline, partition)
    assert.equal(load.joined, true)
    const { counts } = await load.result()
    assert.ok(counts.rowsInserted > 0)
    await stopAll()
  })

  it('of a version end the runs that it began, while new runs begin with the next', async () => {
    const deployment = uniqueName('version')
    const { workflowService } = bed.client.connection
    const { namespace } = bed.client.options
    const version = (buildId: string) => ({
      CLAIMCHECK_DEPLOYMENT_VERSION: `${deployment}.${buildId}`,
    })
    const makeCurrent = (buildId: string) =>
      eventually(`version ${buildId} to be current`, async () => {
        const request = { namespace, deploymentName: deployment, buildId }
        // Its queues have to be known first.
        return workflowService.setWorkerDeploymentCurrentVersion(request).catch(() => undefined)
      })
    const queues = () => {
      const { environment, client } = bed
      const taskQueue = environment['CLAIMCHECK_TASK_QUEUE'] ?? ''
      return queueWorkers({ connection: client.connection, namespace, taskQueue })
    }
    const pipeline = uniqueName('pinned')
    // A page is a batch, and an hour more of them than a run takes.
    await bed.writeFlights({ name: pipeline, perPage: 50, limits: { batch_bytes: '1KiB' } })

    await startWorker([], version('1.0'))
    const longOne = await bed.start(pipeline, partition)
    await handleOf(longOne).signal('pause')
    await eventually('the first poll of each queue', async () => {
      const [missing, ...more] = missingWorkers(await queues())
      const isSo = /^only workers of \S+\.1\.0 poll the queues .* no version is current$/
      return (more.length === 0 && isSo.test(missing?.problem ?? '')) || undefined
    })
    await eventually('a worker that does what an earlier version has left', async () => {
      const { pollers } = await workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: `${bed.environment['CLAIMCHECK_TASK_QUEUE']}-bulk` },
        taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
      })
      return pollers?.length === 1 || undefined
    })
    await makeCurrent('1.0')
    await eventually('the pause', async () => {
      const { paused } = await handleOf(longOne).query(progressQuery)
      return paused === true ? true : undefined
    })

    await startWorker([], version('2.0'))
    await makeCurrent('2.0')
    const shortOne = await bed.start(pipeline, '2001-01-01T03')
    await shortOne.result()
    // Each queue of both has had work.
    for (const { workers: ofCurrent, current, others: beside } of await queues()) {
      assert.deepEqual([ofCurrent, current], [1, `${deployment}.2.0`])
      assert.deepEqual(beside, [`${deployment}.1.0`])
    }
    await handleOf(longOne).signal('resume')
    await longOne.result()

    const [old, next] = await Promise.all([versionsOf(longOne), versionsOf(shortOne)])
    assert.ok(old.runs > 1, 'it was continued as new')
    assert.deepEqual(old.versions, [`${deployment}.1.0`])
    assert.deepEqual(next.versions, [`${deployment}.2.0`])
    assert.deepEqual([...old.failures, ...next.failures], [])
  })

  it('are given no tasks once they stop, by the embedded server', async () => {
    const { namespace } = bed.client.options
    const { namespaceInfo } = await bed.client.connection.workflowService.describeNamespace({
      namespace,
    })
    assert.equal(namespaceInfo?.capabilities?.workerPollCompleteOnShutdown, true)
  })

  /** Who ran the workflow tasks of a chain, and those that failed. */
  async function versionsOf({ workflowId, runId }: LoadHandle) {
    const histories = await chainOfHistories(bed.client, workflowId, runId)
    const events = histories.flatMap((history) => history.events ?? [])
    const versions = events.flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
      completed
        ? `${completed.deploymentVersion?.deploymentName}.${completed.deploymentVersion?.buildId}`
        : [],
    )
    const failures = events.flatMap(
      ({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [],
    )
    return { runs: histories.length, versions: [...new Set(versions)], failures }
  }
})
