import type { LoadInput } from '../activities/load-input.ts'
import { bulkLoad, type BulkLoadState } from './bulk-load.ts'
import type { LoadResult } from './load-progress.ts'

/**
 * A dataset again, without asking its source: converted anew from its landing, with columns that were
 * corrected, say; or its sealed parts as they are, into another table perhaps. Or only what that would
 * change.
 *
 * It goes the way of any load; `input.reprocessing` says what is left out of it.
 */
export const reprocess: typeof bulkLoad = (
  input: LoadInput,
  carried?: BulkLoadState,
): Promise<LoadResult> => bulkLoad(input, carried)
