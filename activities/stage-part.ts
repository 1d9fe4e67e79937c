import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActivityPorts } from './activity-ports.ts'
import type { DatasetId } from './load-target.ts'
import { tableColumns } from './pinned-run.ts'
import type { PinnedRun } from './run-reference.ts'
import { stageRows } from './stage-rows.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface StagedPart {
  readonly pinned: PinnedRun
  readonly datasetId: DatasetId
  readonly partNumber: number
  readonly rowCount: number
  /** The whole Parquet file. */
  readonly bytes: Uint8Array
}

/** Copies the rows of one part into the staging area of a dataset's target. */
export function stagePart(
  { duckDb, target }: Pick<ActivityPorts, 'duckDb' | 'target'>,
  { pinned, datasetId, partNumber, rowCount, bytes }: StagedPart,
  signal: AbortSignal,
): Promise<{ rowCount: number }> {
  const columns = tableColumns(pinned)
  return withWorkingFolder(async (folder) => {
    const path = join(folder, 'part.parquet')
    await writeFile(path, bytes)
    return duckDb.withConnection(signal, (connection) =>
      target.stagePart({
        target: pinned.definition.target,
        columns,
        datasetId,
        partNumber,
        rowCount,
        chunks: stageRows(connection, path, columns),
        path,
        signal,
      }),
    )
  })
}
