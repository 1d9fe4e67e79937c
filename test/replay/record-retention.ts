import { NativeConnection } from '@temporalio/worker'
import { approveRetention, startRetention } from '../../src/client/start-retention.ts'
import { bundleWorkflows } from '../../src/worker/bundle-workflows.ts'
import { retentionProgressQuery, type retention } from '../../workflows/index.ts'
import { createRoleWorkers } from '../e2e/support/role-workers.ts'
import { eventually } from '../support/eventually.ts'
import type { LoadBed } from '../support/load-bed.ts'
import type { Recorded } from './record-orchestration.ts'

const plan = 'audit/2026-11-29/plan/plan.ndjson'
const swept = { planned: 2, deleted: 2, deletedBytes: 7, gone: 0, kept: 0 }

/** Lets garbage be swept, and be left; nothing is garbage so soon, so that the activities only say so. */
export const retentions: Readonly<
  Record<string, (bed: LoadBed, name: string) => Promise<Recorded>>
> = {
  reclaimed: (bed, name) =>
    withWorkers(bed, name, async () => {
      const recorded = await start(bed, name, 600_000)
      const [workflowId] = recorded
      const handle = bed.client.workflow.getHandle<typeof retention>(workflowId)
      await eventually('the plan', async () => {
        const { phase } = await handle.query(retentionProgressQuery)
        return phase === 'waiting' ? true : undefined
      })
      await approveRetention(bed.client, { workflowId, signal: new AbortController().signal })
      await handle.result()
      return recorded
    }),

  unapproved: (bed, name) =>
    withWorkers(bed, name, async () => {
      const recorded = await start(bed, name, 100)
      await bed.client.workflow.getHandle(recorded[0]).result()
      return recorded
    }),
}

async function start(bed: LoadBed, taskQueue: string, approvalMs: number): Promise<Recorded> {
  const input = { graceMs: 0, maxDelete: 5, autoApprove: false, approvalMs }
  const { workflowId } = await startRetention(bed.client, { input, taskQueue, now: new Date() })
  const { runId } = await bed.client.workflow.getHandle(workflowId).describe()
  return [workflowId, runId]
}

async function withWorkers<Result>(
  bed: LoadBed,
  taskQueue: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const address = process.env['TEMPORAL_ADDRESS'] ?? ''
  const connection = await NativeConnection.connect({ address })
  const workers = await createRoleWorkers({
    connection,
    namespace: bed.client.options.namespace,
    taskQueue,
    workflowBundle: await bundleWorkflows({ encryptsFailures: false }),
    activities: {
      lookForGarbage: async () => ({ plan, objects: 2, sizeBytes: 7 }),
      sweepGarbage: async () => swept,
    },
  })
  const running = Promise.all(workers.map((worker) => worker.run()))
  try {
    return await work()
  } finally {
    for (const worker of workers) worker.shutdown()
    await running
    await connection.close()
  }
}
