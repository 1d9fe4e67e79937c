import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { partKey } from './bucket-layout.ts'
import { countSmallPart, getPart } from './get-part.ts'
import { UNSTAGED_PARTS } from './load-target.ts'
import { loadRequest, readPinnedRun } from './pinned-run.ts'
import { PipelineError } from './pipeline-error.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'
import { stagePart } from './stage-part.ts'

export interface StageBatchInput {
  readonly run: RunReference
  readonly partNumber: number
  /** Whether it may be left in the store until it is published. @default false */
  readonly mayStay?: boolean
}

/**
 * Copies one part into the table's staging area; a part that is there already is left as it is. So are the
 * first parts of a dataset whose target takes them from the store when it is published, unless they are large.
 */
export async function stageBatch(
  ports: ActivityPorts,
  input: StageBatchInput,
  attempt: Attempt,
): Promise<{ rowCount: number }> {
  const { run, partNumber } = input
  const { datasetId } = run
  const pinned = await readPinnedRun(ports.store, run, attempt)
  const key = partKey(run, partNumber)
  if (await staysInStore(ports, input, pinned, attempt)) {
    const rowCount = await countSmallPart(ports.store, key, attempt)
    if (rowCount !== undefined) return { rowCount }
  }
  const part = await getPart(ports.store, key, attempt)
  return stagePart(ports, { ...part, pinned, datasetId, partNumber }, attempt.signal)
}

async function staysInStore(
  { target }: ActivityPorts,
  { run, partNumber, mayStay = false }: StageBatchInput,
  pinned: PinnedRun,
  attempt: Attempt,
): Promise<boolean> {
  // A plan compares what is staged.
  const isPlan = pinned.reprocessing?.plan === true
  if (!mayStay || isPlan || partNumber >= UNSTAGED_PARTS) return false
  try {
    return (await target.takesUnstaged?.(loadRequest(run, pinned, attempt))) === true
  } catch (error) {
    // What is in the way of the load may be gone before it is published: then it is said.
    if (error instanceof PipelineError) return false
    throw error
  }
}
