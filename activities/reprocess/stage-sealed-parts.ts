import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import { readPart } from '../conversion/read-part.ts'
import { readPinnedRun, tableColumns } from '../pinned-run.ts'
import type { PinnedRun, RunReference } from '../run-reference.ts'
import { withWorkingFolder } from '../working-folder.ts'
import { damaged, readSealedManifest } from './sealed-dataset.ts'
import { readSealedPart, type SealedPart } from './sealed-part.ts'

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
    await stageOne(ports, { run, pinned, part }, attempt)
    rowCount += part.rowCount
  }
  return { partCount: wanted.length, rowCount }
}

function stageOne(
  { store, duckDb, target }: ActivityPorts,
  {
    run,
    pinned,
    part,
  }: { readonly run: RunReference; readonly pinned: PinnedRun; readonly part: SealedPart },
  { signal }: Attempt,
): Promise<void> {
  const columns = tableColumns(pinned)
  const { partNumber, rowCount } = part
  return withWorkingFolder(async (folder) => {
    const read = await readSealedPart(store, part, { signal })
    if ('problem' in read) throw damaged(store, [{ key: part.key, problem: read.problem }])
    const path = join(folder, 'part.parquet')
    await writeFile(path, read.bytes)
    await duckDb.withConnection(signal, (connection) =>
      target.stagePart({
        target: pinned.definition.target,
        columns,
        datasetId: run.datasetId,
        partNumber,
        rowCount,
        chunks: readPart(connection, path, columns),
        path,
        signal,
      }),
    )
  })
}
