import type { Activities } from '../activities/create-activities.ts'

/** What a worker can be there for; each has a task queue, so that none keeps another waiting. */
export const WORKER_ROLES = ['orchestration', 'fetching', 'converting', 'loading'] as const

export type WorkerRole = (typeof WORKER_ROLES)[number]

/**
 * Who does which activity. `orchestration`, which runs the workflows, asks Temporal and nobody else;
 * `fetching` asks sources and services, `converting` the store alone, `loading` the target.
 */
export const activityRoles = {
  prepareLoad: 'loading',
  listItems: 'fetching',
  landItem: 'fetching',
  fetchBatch: 'fetching',
  convertBatch: 'converting',
  stageBatch: 'loading',
  transformDataset: 'converting',
  checkDataset: 'converting',
  sealDataset: 'converting',
  publishLoad: 'loading',
  fireDueSlices: 'loading',
  lookUpLoads: 'orchestration',
  lookUpForgottenLoads: 'loading',
  lookUpRuns: 'orchestration',
  notifyDependants: 'orchestration',
  startLoads: 'orchestration',
  startSlices: 'loading',
  lookUpSlices: 'orchestration',
  discardStaging: 'loading',
  abandonRun: 'loading',
  prepareParts: 'loading',
  stageSealedParts: 'loading',
  sealParts: 'converting',
  planLoad: 'loading',
  discardPlan: 'loading',
  callEndpoint: 'fetching',
  lookForGarbage: 'loading',
  sweepGarbage: 'loading',
} as const satisfies Readonly<Record<keyof Activities, WorkerRole>>

/** The queue of a role, beside the one that runs are started on. */
export function taskQueueOf(taskQueue: string, role: WorkerRole): string {
  return role === 'orchestration' ? taskQueue : `${taskQueue}-${role}`
}

/** Where earlier versions had all activities wait: some of a run that they began may still be there. */
export function earlierTaskQueue(taskQueue: string): string {
  return `${taskQueue}-bulk`
}
