export { bulkLoad, progressQuery, type BulkLoadInput } from './bulk-load.ts'
export type { LoadPhase, LoadProgress, LoadResult } from './load-progress.ts'
