import type { ParquetTargetDefinition } from '../../../../activities/pipeline-definition.ts'
import type { LoadManifest } from '../../../../src/targets/parquet/load-manifest.ts'
import { idOf } from '../../activities/retained-store.ts'

/** As a load of one row counts. */
export const counts = {
  rowsStaged: 1,
  rowsInserted: 1,
  rowsUpdated: 0,
  rowsUnchanged: 0,
  rowsDuplicate: 0,
  rowsDeleted: 0,
}

/** What a target says of a slice that was loaded, without any file. */
export function manifestOf(
  { mode }: ParquetTargetDefinition,
  slice: Pick<LoadManifest, 'pipeline' | 'partition' | 'interval' | 'rowCount'>,
): LoadManifest {
  return {
    version: 1,
    ...slice,
    datasetId: idOf(1),
    mode,
    requestedAt: slice.interval.end,
    datasetManifest: '',
    columns: [],
    partitionBy: [],
    counts,
    files: [],
    previous: null,
    removes: [],
  }
}
