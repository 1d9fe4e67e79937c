import type { DuckDb } from '../../../activities/index.ts'
import type { DatasetLoads } from '../../../activities/retention/dataset-use.ts'
import type { Client } from '@temporalio/client'
import type { ScheduleReading } from '../../client/schedule-status.ts'
import type { OpenGarbage } from '../../inspect/open-garbage.ts'
import type { HealthCheck } from '../../inspect/check-health.ts'
import type { BlobsPlace } from '../../inspect/blobs/blobs-place.ts'
import type { PartitionState } from '../../targets/postgres/partition-states.ts'
import type { PipelineStatus } from '../../targets/postgres/pipeline-status.ts'
import type { Session } from '../../targets/postgres/sessions.ts'
import type { ApiServices } from '../api/api-services.ts'
import type { ParquetReadings } from '../metrics/read-parquet-targets.ts'

/** What the pages work with. */
export interface PageServices extends ApiServices {
  /** Where objects are looked into, with the keys that payloads are encrypted with. */
  readonly place: BlobsPlace
  /** What tells garbage from what is needed. */
  openGarbage(this: void, client: Client): OpenGarbage
  /** Of MinIO, say, without a slash at the end. Absent where none is known. */
  readonly storeConsoleUrl?: string | undefined
  /** Opened with the first page that shows rows. */
  duckDb(this: void): Promise<DuckDb>
  /** How all schedules stand: looked up once for all pages, and for the metrics. */
  scheduleReadings(this: void): Promise<readonly ScheduleReading[]>
  /** How all pipelines into Parquet stand: looked up once for all who ask for the metrics. */
  parquetReadings(this: void): Promise<ParquetReadings>
  /** How every part stands that a run needs: looked up once for all who ask. */
  health(this: void): Promise<readonly HealthCheck[]>
  /** Absent where no database is known. */
  readonly database?: PageDatabase | undefined
}

export interface PageDatabase {
  /**
   * Asks the catalog for what a page lists: nothing where nothing was ever loaded.
   * @throws CatalogError CATALOG_OUTDATED
   * @throws PipelineError TARGET_UNREACHABLE, TARGET_DENIED
   */
  list<Row>(
    this: void,
    question: (session: Session) => Promise<readonly Row[]>,
  ): Promise<readonly Row[]>
  /** The newest partitions of every pipeline, as the catalog has them: looked up once for all who ask. */
  newestStates(this: void): Promise<readonly PartitionState[]>
  /** How every pipeline stands, as the catalog has it: looked up once for all who ask. */
  pipelineStatus(this: void): Promise<readonly PipelineStatus[]>
  /** What datasets were loaded into. */
  readonly loads: DatasetLoads
}
