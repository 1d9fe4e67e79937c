import type { PipelineDefinition } from '../pipeline-definition.ts'

/** How many slices of a pipeline may be loaded side by side, and what one that failed means to later ones. */
export interface FiringOrder {
  readonly inFlight: number
  /** Whether a slice that failed holds up those after it. */
  readonly strict: boolean
}

/** Slices that have nothing to do with each other; enough to catch up, and few enough for the source. */
const independent: FiringOrder = { inFlight: 8, strict: false }

/** Whether a later slice has to come later. */
export function isOrdered(definition: PipelineDefinition): boolean {
  return firingOrder(definition).inFlight === 1
}

/**
 * Rows of `append` and `replace-interval` are of their slice alone. Elsewhere a later slice has to come
 * later, or the past would be what remains; and to a `history` nothing can be added that came before.
 */
export function firingOrder({ target, incremental }: PipelineDefinition): FiringOrder {
  if (target.mode === 'history') return { inFlight: 1, strict: true }
  const isApart = target.mode === 'append' || target.mode === 'replace-interval'
  return isApart && incremental === undefined ? independent : { inFlight: 1, strict: false }
}
