import type * as port from '../../../activities/load-target.ts'
import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'

/** The requests of the port, as a PostgreSQL target is asked. */
export type TargetRequest = port.TargetRequest<PostgresTargetDefinition>
export type LoadRequest = port.LoadRequest<PostgresTargetDefinition>
export type CheckRequest = port.CheckRequest<PostgresTargetDefinition>
export type StagePartRequest = port.StagePartRequest<PostgresTargetDefinition>
export type PublishRequest = port.PublishRequest<PostgresTargetDefinition> & {
  /** Whether to compare only, and to write nothing into the table. @default false */
  readonly planOnly?: boolean
}
export type MarkRequest = port.MarkRequest<PostgresTargetDefinition>
export type DiscardRequest = port.DiscardRequest<PostgresTargetDefinition>
export type CoverageRequest = port.CoverageRequest<PostgresTargetDefinition>
