import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import type { DatasetId } from '../load-target.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'

export interface AbandonRunInput {
  readonly definition: PipelineDefinition
  readonly datasetId: DatasetId
  /** Why it could not be prepared. */
  readonly failureCode?: string | undefined
}

/**
 * Notes that a run which could not be prepared has ended. Only tables have a catalog that may have heard of
 * it; beneath a prefix of files nothing was left yet.
 */
export async function abandonRun(
  { target }: ActivityPorts,
  { definition, datasetId, failureCode }: AbandonRunInput,
  { signal }: Attempt,
): Promise<void> {
  if (definition.target.kind !== 'postgres') return
  const { target: place, columns } = definition
  await target.discard({ target: place, columns, datasetId, failureCode, signal })
}
