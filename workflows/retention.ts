import {
  condition,
  defineQuery,
  defineUpdate,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { SweepResult } from '../activities/retention/delete-garbage.ts'
import type { GarbageScope } from '../activities/retention/look-for-garbage.ts'
import { finalFailure } from './final-failure.ts'
import { activityProxies } from './proxies.ts'

export interface RetentionInput extends GarbageScope {
  /** More are refused, and then nothing is deleted. */
  readonly maxDelete: number
  /** Whether the plan is carried out without asking anybody. */
  readonly autoApprove: boolean
  /** How long the plan waits to be approved. */
  readonly approvalMs: number
}

export interface RetentionProgress {
  readonly phase: 'planning' | 'waiting' | 'sweeping' | 'done' | 'not-approved'
  /** Where the plan lies in the store. */
  readonly plan?: string
  readonly objects?: number
  readonly sizeBytes?: number
  readonly swept?: SweepResult
}

/** How far it is. */
export const retentionProgressQuery = defineQuery<RetentionProgress>('progress')

/** Lets what is planned be deleted; answers what that is. Refused unless a plan waits. */
export const approveUpdate = defineUpdate<RetentionProgress>('approve')

const attempts = 10

/**
 * Reclaims what nothing needs: plans, waits until a person approves the plan, and sweeps. A plan that is not
 * approved in time is left; the next one finds the same.
 */
export async function retention(input: RetentionInput): Promise<RetentionProgress> {
  const { maxDelete, autoApprove, approvalMs, ...scope } = input
  let progress: RetentionProgress = { phase: 'planning' }
  let isApproved = autoApprove
  setHandler(retentionProgressQuery, () => progress)
  setHandler(
    approveUpdate,
    () => {
      isApproved = true
      return progress
    },
    {
      validator() {
        if (progress.phase === 'waiting') return
        throw finalFailure({
          type: 'GARBAGE_NOT_WAITING',
          message: `no plan waits to be approved: the run is ${progress.phase}`,
          remedy: 'Wait for the plan, or start a new one with `claimcheck retention start`.',
        })
      },
    },
  )
  const { lookForGarbage, sweepGarbage } = activityProxies(attempts)
  const { plan, objects, sizeBytes } = await lookForGarbage({ ...scope, id: workflowInfo().runId })
  const found = { plan, objects, sizeBytes }
  if (objects > 0 && !isApproved) {
    progress = { phase: 'waiting', ...found }
    await condition(() => isApproved, approvalMs)
  }
  if (objects > 0 && !isApproved) {
    log.warn('a plan of what may be deleted was not approved', found)
    progress = { phase: 'not-approved', ...found }
    return progress
  }
  progress = { phase: 'sweeping', ...found }
  const swept = await sweepGarbage({ ...scope, plan, maxDelete })
  progress = { phase: 'done', ...found, swept }
  return progress
}
