export { bulkLoad, reprocess, type BulkLoadInput } from './bulk-load.ts'
export { loadItem } from './load-item.ts'
export { progressQuery } from './load-progress.ts'
export type { LoadPhase, LoadProgress, LoadResult } from './load-progress.ts'
