import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import { readPinnedRun } from '../pinned-run.ts'
import type { RunReference } from '../run-reference.ts'
import { stagePart } from '../stage-part.ts'
import { damaged, readSealedManifest } from './sealed-dataset.ts'
import { readSealedPart } from './sealed-part.ts'

export interface StageSealedPartsInput {
  readonly run: RunReference
  /** Positions in the manifest that the parts are named by, the end not included; or their numbers. */
  readonly parts:
    | { readonly first: number; readonly end: number }
    | { readonly numbers: readonly number[] }
}

/**
 * Copies parts of a sealed dataset into the staging area of the run that loads them again; those that are
 * there already are left as they are.
 *
 * @throws PipelineError PART_DAMAGED where one is not what was sealed
 */
export async function stageSealedParts(
  ports: ActivityPorts,
  { run, parts }: StageSealedPartsInput,
  attempt: Attempt,
): Promise<{ partCount: number; rowCount: number }> {
  const { store } = ports
  const pinned = await readPinnedRun(store, run, attempt)
  const datasetId = pinned.reprocessing?.datasetId ?? run.datasetId
  const manifest = await readSealedManifest(
    store,
    { ...run, datasetId, transformId: undefined },
    attempt,
  )
  const wanted =
    'numbers' in parts
      ? manifest.parts.filter(({ partNumber }) => parts.numbers.includes(partNumber))
      : manifest.parts.slice(parts.first, parts.end)
  let rowCount = 0
  for (const part of wanted) {
    const read = await readSealedPart(store, part, attempt)
    if ('problem' in read) throw damaged(store, [{ key: part.key, problem: read.problem }])
    const { partNumber } = part
    const staged = { pinned, datasetId: run.datasetId, partNumber, rowCount: part.rowCount }
    await stagePart(ports, { ...staged, bytes: read.bytes }, attempt.signal)
    rowCount += part.rowCount
  }
  return { partCount: wanted.length, rowCount }
}
