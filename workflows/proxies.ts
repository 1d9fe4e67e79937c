import { ActivityCancellationType, proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/create-activities.ts'

/**
 * Activity options by kind. Every activity heartbeats each 2 s, so a dead worker is noticed within
 * `heartbeatTimeout`; every attempt and the number of attempts are bounded.
 *
 * Bulk work has a task queue of its own (the workflow's with `-bulk`), so that busy workers never keep
 * workflows waiting.
 */
export function activityProxies(attempts: number): Activities {
  const common = {
    taskQueue: `${workflowInfo().taskQueue}-bulk`,
    heartbeatTimeout: '10 seconds',
    // What is cancelled has ended before the run cleans up behind it.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 2,
      maximumInterval: '1 minute',
      maximumAttempts: attempts,
    },
  } as const
  const cleanup = proxyActivities<Activities>({
    ...common,
    startToCloseTimeout: '5 minutes',
    retry: { ...common.retry, maximumAttempts: Math.min(attempts, 3) },
  })
  // Temporal itself is asked: it is there again before long, or nothing works.
  const asking = proxyActivities<Activities>({
    ...common,
    startToCloseTimeout: '5 minutes',
    retry: { ...common.retry, maximumAttempts: Math.max(attempts, 20) },
  })
  const short = proxyActivities<Activities>({ ...common, startToCloseTimeout: '5 minutes' })
  const long = proxyActivities<Activities>({ ...common, startToCloseTimeout: '6 hours' })
  return {
    prepareLoad: short.prepareLoad,
    listItems: long.listItems,
    landItem: long.landItem,
    fetchBatch: long.fetchBatch,
    convertBatch: long.convertBatch,
    stageBatch: long.stageBatch,
    transformDataset: long.transformDataset,
    checkDataset: long.checkDataset,
    sealDataset: long.sealDataset,
    publishLoad: long.publishLoad,
    fireDueSlices: short.fireDueSlices,
    lookUpLoads: asking.lookUpLoads,
    notifyDependants: asking.notifyDependants,
    startLoads: asking.startLoads,
    discardStaging: cleanup.discardStaging,
    callEndpoint: long.callEndpoint,
  }
}
