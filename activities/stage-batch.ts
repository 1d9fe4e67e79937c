import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { partKey } from './bucket-layout.ts'
import { readPart } from './conversion/read-part.ts'
import { getPart } from './get-part.ts'
import { readPinnedRun, tableColumns } from './pinned-run.ts'
import type { RunReference } from './run-reference.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface StageBatchInput {
  readonly run: RunReference
  readonly partNumber: number
}

/** Copies one part into the table's staging area; a part that is there already is left as it is. */
export async function stageBatch(
  { store, duckDb, target }: ActivityPorts,
  { run, partNumber }: StageBatchInput,
  attempt: Attempt,
): Promise<{ rowCount: number }> {
  const pinned = await readPinnedRun(store, run, attempt)
  const columns = tableColumns(pinned)
  const { bytes, rowCount } = await getPart(store, partKey(run, partNumber), attempt)
  return withWorkingFolder(async (folder) => {
    const path = join(folder, 'part.parquet')
    await writeFile(path, bytes)
    return duckDb.withConnection(attempt.signal, (connection) =>
      target.stagePart({
        target: pinned.definition.target,
        columns,
        datasetId: run.datasetId,
        partNumber,
        rowCount,
        chunks: readPart(connection, path, columns),
        path,
        signal: attempt.signal,
      }),
    )
  })
}
