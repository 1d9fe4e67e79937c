import type { RetentionDefinition } from '../pipeline-definition.ts'

const dayMs = 86_400_000

/** Longer than a sweep takes from its last look at a landing to the end of its deletion, and than clocks differ. */
const marginMs = dayMs / 2

/**
 * Whether one more run may take up a landing. Shortly before its pipeline's rule lets it go none does: a
 * sweep may have looked for open runs already, and delete what the run has just chosen.
 *
 * @param chosenAt When a run last chose it.
 */
export function mayBeAdopted(
  rule: RetentionDefinition | undefined,
  chosenAt: Date,
  now: Date,
): boolean {
  const { landings, unfinished } = rule ?? {}
  const days = [landings, unfinished].flatMap((kept) => (kept === undefined ? [] : [kept.days]))
  if (days.length === 0) return true
  // Nothing goes before it is a day old.
  const leastMs = Math.max(Math.min(...days), 1) * dayMs
  return now.getTime() - chosenAt.getTime() < leastMs - marginMs
}
