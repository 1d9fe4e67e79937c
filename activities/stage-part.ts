import type { ActivityPorts } from './activity-ports.ts'
import type { DatasetId } from './load-target.ts'
import { tableColumns } from './pinned-run.ts'
import type { PinnedRun } from './run-reference.ts'
import { withPartRows } from './with-part-rows.ts'

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
  ports: Pick<ActivityPorts, 'duckDb' | 'target'>,
  { pinned, datasetId, partNumber, rowCount, bytes }: StagedPart,
  signal: AbortSignal,
): Promise<{ rowCount: number }> {
  const columns = tableColumns(pinned)
  return withPartRows(ports, { bytes, columns, signal }, (rows) =>
    ports.target.stagePart({
      target: pinned.definition.target,
      columns,
      datasetId,
      partNumber,
      rowCount,
      ...rows,
      signal,
    }),
  )
}
