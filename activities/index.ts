export type { ActivityPorts } from './activity-ports.ts'
export { DuckDb } from './conversion/duck-db.ts'
export { createActivities, type Activities } from './create-activities.ts'
export type {
  DatasetId,
  LoadCounts,
  LoadTarget,
  PublishOutcome,
  PublishRequest,
  StagePartRequest,
  TargetRequest,
} from './load-target.ts'
export {
  maxNextLinkBytes,
  type FetchedPage,
  type PageRequest,
  type PageSource,
} from './page-source.ts'
export type { ColumnVector, PartChunk } from './part-chunk.ts'
export type {
  ColumnDefinition,
  ColumnType,
  HttpSourceDefinition,
  Interval,
  OAuth2Auth,
  Pagination,
  PipelineDefinition,
  PipelineLimits,
  PostgresTargetDefinition,
  SourceAuth,
  SourceFormat,
} from './pipeline-definition.ts'
export { PipelineError, type PipelineErrorCode } from './pipeline-error.ts'
export type { FailureDetails } from './run-attempt.ts'
