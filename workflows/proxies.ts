import {
  ActivityCancellationType,
  proxyActivities,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow'
import type { Activities } from '../activities/create-activities.ts'
import { activityRoles, taskQueueOf } from './task-queues.ts'

/**
 * Activity options by kind. Every activity heartbeats each 2 s, so a dead worker is noticed within
 * `heartbeatTimeout`; every attempt and the number of attempts are bounded.
 *
 * Each waits in the queue of those workers that are there for it, beside the workflow's own.
 */
export function activityProxies(attempts: number): Activities {
  const common = {
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
  // A run goes on, or ends, without them: it is not held up for long.
  const few = proxies({
    ...common,
    startToCloseTimeout: '5 minutes',
    retry: { ...common.retry, maximumAttempts: Math.min(attempts, 3) },
  })
  // Temporal itself is asked: it is there again before long, or nothing works.
  const asking = proxies({
    ...common,
    startToCloseTimeout: '5 minutes',
    retry: { ...common.retry, maximumAttempts: Math.max(attempts, 20) },
  })
  const short = proxies({ ...common, startToCloseTimeout: '5 minutes' })
  const long = proxies({ ...common, startToCloseTimeout: '6 hours' })
  return {
    prepareLoad: short('prepareLoad'),
    listItems: long('listItems'),
    landItem: (input) => long('landItem', `item ${input.item}`)(input),
    fetchBatch: (input) => long('fetchBatch', `from page ${input.firstPage}`)(input),
    convertBatch: (input) => long('convertBatch', `part ${input.partNumber}`)(input),
    stageBatch: (input) => long('stageBatch', `part ${input.partNumber}`)(input),
    transformDataset: long('transformDataset'),
    checkDataset: long('checkDataset'),
    sealDataset: long('sealDataset'),
    publishLoad: long('publishLoad'),
    fireDueSlices: short('fireDueSlices'),
    lookUpLoads: asking('lookUpLoads'),
    lookUpForgottenLoads: few('lookUpForgottenLoads'),
    lookUpRuns: asking('lookUpRuns'),
    notifyDependants: asking('notifyDependants'),
    startLoads: asking('startLoads'),
    startSlices: short('startSlices'),
    lookUpSlices: asking('lookUpSlices'),
    discardStaging: few('discardStaging'),
    abandonRun: few('abandonRun'),
    prepareParts: short('prepareParts'),
    stageSealedParts: long('stageSealedParts'),
    sealParts: short('sealParts'),
    planLoad: long('planLoad'),
    discardPlan: few('discardPlan'),
    callEndpoint: long('callEndpoint'),
    lookForGarbage: long('lookForGarbage'),
    sweepGarbage: long('sweepGarbage'),
  }
}

function proxies(options: ActivityOptions) {
  /** @param summary Tells the call from others of its kind in the Temporal UI, for about 45 bytes of history. */
  return <Name extends keyof Activities>(name: Name, summary?: string): Activities[Name] => {
    const taskQueue = taskQueueOf(workflowInfo().taskQueue, activityRoles[name])
    const called = summary === undefined ? {} : { summary }
    return proxyActivities<Activities>({ ...options, ...called, taskQueue })[name]
  }
}
