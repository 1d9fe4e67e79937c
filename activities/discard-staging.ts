import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { readPinnedRun, tableColumns } from './pinned-run.ts'
import type { RunReference } from './run-reference.ts'

export interface DiscardStagingInput extends RunReference {
  /** Why the run ended. */
  readonly failureCode?: string | undefined
}

/** Removes what was staged for a run that ends without publishing; its landing stays. */
export async function discardStaging(
  { store, target }: ActivityPorts,
  { failureCode, ...run }: DiscardStagingInput,
  attempt: Attempt,
): Promise<void> {
  const pinned = await readPinnedRun(store, run, attempt)
  await target.discard({
    target: pinned.definition.target,
    columns: tableColumns(pinned),
    datasetId: run.datasetId,
    failureCode,
    signal: attempt.signal,
  })
}
