import type { RetentionDefinition } from '../pipeline-definition.ts'
import { ageDays } from './dataset-rule.ts'

/** What a rule looks at of a landing. */
export interface RuledLanding {
  /** When it was last written to, chosen by a run, or had a dataset made of it. */
  readonly usedAt: Date
  /** Whether a sealed dataset that was made of it is in the store, and stays there. */
  readonly hasSealed: boolean
}

/** Why a landing goes by its pipeline's rule; undefined where it stays. */
export function landingReason(
  { landings, unfinished }: RetentionDefinition,
  { usedAt, hasSealed }: RuledLanding,
  now: Date,
): string | undefined {
  const age = ageDays(usedAt, now)
  if (landings !== undefined && age >= Math.max(landings.days, 1)) {
    return `not used for ${age} days; landings are kept for ${landings.days}`
  }
  if (!hasSealed && unfinished !== undefined && age >= Math.max(unfinished.days, 1)) {
    return `not used for ${age} days, and no sealed dataset of it is left; kept are such for ${unfinished.days}`
  }
  return undefined
}
