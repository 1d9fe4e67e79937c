export { backfill, type BackfillState } from './backfill.ts'
export {
  backfillProgressQuery,
  type BackfillProgress,
  type BackfillResult,
} from './backfill-progress.ts'
export { bulkLoad, type BulkLoadState } from './bulk-load.ts'
export { callEndpoint } from './call-endpoint.ts'
export { answeredSignal, keyedRequest } from './keyed-request.ts'
export { dailyGraph, type DailyGraphInput, type DailyGraphState } from './daily-graph.ts'
export { graphProgressQuery } from './graph-progress.ts'
export type { GraphLoadState, GraphProgress, GraphResult } from './graph-progress.ts'
export { loadItem } from './load-item.ts'
export { progressQuery } from './load-progress.ts'
export type { LoadPhase, LoadProgress, LoadResult } from './load-progress.ts'
export { reprocess } from './reprocess.ts'
export {
  approveUpdate,
  retention,
  retentionProgressQuery,
  type RetentionInput,
  type RetentionProgress,
} from './retention.ts'
export { scheduleTick, type ScheduleTickResult, type ScheduleTickState } from './schedule-tick.ts'
