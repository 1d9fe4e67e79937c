import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { partKey } from './bucket-layout.ts'
import { getPart } from './get-part.ts'
import { readPinnedRun } from './pinned-run.ts'
import type { RunReference } from './run-reference.ts'
import { stagePart } from './stage-part.ts'

export interface StageBatchInput {
  readonly run: RunReference
  readonly partNumber: number
}

/** Copies one part into the table's staging area; a part that is there already is left as it is. */
export async function stageBatch(
  ports: ActivityPorts,
  { run, partNumber }: StageBatchInput,
  attempt: Attempt,
): Promise<{ rowCount: number }> {
  const pinned = await readPinnedRun(ports.store, run, attempt)
  const part = await getPart(ports.store, partKey(run, partNumber), attempt)
  const { datasetId } = run
  return stagePart(ports, { ...part, pinned, datasetId, partNumber }, attempt.signal)
}
