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
  LoadPlan,
  LoadTarget,
  PublishOutcome,
  PublishRequest,
  RejectedRecord,
  StagePartRequest,
  TargetRequest,
} from './load-target.ts'
export type {
  LoadConditions,
  LoadInput,
  Reprocessing,
  LoadSignal,
  UpstreamLoaded,
} from './load-input.ts'
export type { LoadStarter, RunChain, RunEnd } from './load-starter.ts'
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
export {
  garbageKinds,
  type Garbage,
  type GarbageFinding,
  type GarbageKept,
  type GarbageKind,
  type GarbageRequest,
  type GarbageSource,
} from './retention/garbage.ts'
export type {
  ExistingRun,
  RawEvent,
  RawHolder,
  RetentionHistories,
} from './retention/retention-histories.ts'
export { blobGarbage, type RetentionPorts } from './retention/blob-garbage.ts'
export { deleteGarbage, type SweepResult } from './retention/delete-garbage.ts'
export type { FoundGarbage, GarbagePorts, GarbageScope } from './retention/look-for-garbage.ts'
export {
  GarbageTally,
  type GarbageGroup,
  type GarbageSummary,
} from './retention/garbage-summary.ts'
export { multipartGarbage } from './retention/multipart-garbage.ts'
export { parkPlan, type ParkedPlan } from './retention/parked-plan.ts'
export { planGarbage } from './retention/plan-garbage.ts'
export { defaultGraceMs } from './retention/retention-rule.ts'
export { undecided } from './retention/undecided.ts'
export { valueGarbage } from './retention/value-garbage.ts'
