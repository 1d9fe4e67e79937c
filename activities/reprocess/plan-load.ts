import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import type { PlanOutcome } from '../load-target.ts'
import { publishRequest } from '../publish-load.ts'
import type { RunReference } from '../run-reference.ts'

export interface PlanLoadInput {
  readonly run: RunReference
}

/** Says what publishing the sealed dataset would change in its table, and changes nothing. */
export async function planLoad(
  { store, target }: ActivityPorts,
  { run }: PlanLoadInput,
  attempt: Attempt,
): Promise<PlanOutcome> {
  const request = await publishRequest(store, run, attempt)
  if (target.plan === undefined) throw new TypeError('the target plans no loads')
  return target.plan(request)
}
