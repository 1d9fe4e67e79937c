import type * as port from '../../../activities/load-target.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'

/** The requests of the port, as a Parquet target is asked. */
export type TargetRequest = port.TargetRequest<ParquetTargetDefinition>
export type LoadRequest = port.LoadRequest<ParquetTargetDefinition>
export type CheckRequest = port.CheckRequest<ParquetTargetDefinition>
export type StagePartRequest = port.StagePartRequest<ParquetTargetDefinition>
export type PublishRequest = port.PublishRequest<ParquetTargetDefinition>
export type DiscardRequest = port.DiscardRequest<ParquetTargetDefinition>
export type CoverageRequest = port.CoverageRequest<ParquetTargetDefinition>
