export type { ActivityPorts } from './activity-ports.ts'
export { DuckDb } from './conversion/duck-db.ts'
export { createActivities, type Activities } from './create-activities.ts'
export type {
  EndpointAnswer,
  EndpointBody,
  EndpointCall,
  EndpointCaller,
  EndpointResult,
} from './endpoint-call.ts'
export { EndpointError, type EndpointErrorCode } from './endpoint-error.ts'
export { findDatasets, type FoundDataset } from './find-datasets.ts'
export type {
  DatasetId,
  LoadCounts,
  LoadTarget,
  PublishOutcome,
  PublishRequest,
  RejectedRecord,
  StagePartRequest,
  TargetRequest,
} from './load-target.ts'
export type { LoadConditions, LoadInput, LoadSignal, UpstreamLoaded } from './load-input.ts'
export type { LoadStarter } from './load-starter.ts'
export type { ItemRequest, ItemSource, ItemStream, OpenItem, SourceItem } from './item-source.ts'
export {
  maxNextLinkBytes,
  type FetchedPage,
  type PageSource,
  type PageWalk,
  type WalkRequest,
} from './page-source.ts'
export type { ColumnVector, PartChunk } from './part-chunk.ts'
export type {
  ColumnDefinition,
  ColumnType,
  Interval,
  PipelineDefinition,
  PipelineLimits,
  PostgresTargetDefinition,
} from './pipeline-definition.ts'
export { PipelineError, type PipelineErrorCode } from './pipeline-error.ts'
export type { FailureDetails } from './run-attempt.ts'
export type {
  FileSourceDefinition,
  HttpSourceDefinition,
  ItemSourceDefinition,
  ModuleSourceDefinition,
  OAuth2Auth,
  PagedSourceDefinition,
  Pagination,
  PostgresSourceDefinition,
  SourceAuth,
  SourceDefinition,
  SourceFormat,
  TextFormat,
} from './source-definition.ts'
export type { SourceSlice } from './source-slice.ts'
