import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import type {
  DatasetLoad,
  DatasetLoads,
  LoadedDataset,
} from '../../../activities/retention/dataset-use.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { isPublished } from '../../targets/parquet/load-record.ts'
import {
  openTargetBuckets,
  type TargetBucketsOptions,
} from '../../targets/parquet/open-target-buckets.ts'
import { recordKey } from '../../targets/parquet/target-layout.ts'
import { CatalogError } from '../../targets/postgres/catalog-error.ts'
import type { Session, Sessions } from '../../targets/postgres/sessions.ts'

export interface DatasetLoadsOptions extends TargetBucketsOptions {
  /** Of the database whose catalog says what was loaded into tables. */
  readonly sessions: Sessions
}

/** Looks up loads in the catalog and beneath the prefixes of Parquet targets. Only reads. */
export function openDatasetLoads(options: DatasetLoadsOptions): DatasetLoads & { close(): void } {
  const { sessions } = options
  const buckets = openTargetBuckets(options)

  const inBucket = (
    { datasetId }: LoadedDataset,
    target: ParquetTargetDefinition,
    signal: AbortSignal,
  ): Promise<DatasetLoad[]> =>
    buckets.within({ target, signal }, async (bucket) => {
      if (!(await isPublished(bucket, { target, datasetId }))) return []
      const record = await bucket.head(recordKey(target, datasetId))
      // One that has no record yet is being published at this moment.
      const loadedAt = record?.lastModified ?? new Date()
      return [{ datasetId, target: targetPlace(target), loadedAt }]
    })

  return {
    async findLoads({ datasets, signal }) {
      const found: DatasetLoad[] = []
      const inTables = datasets.filter(({ target }) => target.kind === 'postgres')
      if (inTables.length > 0) {
        found.push(
          ...(await sessions.transaction('claimcheck datasets', signal, (session) =>
            readLoads(session, sessions, inTables),
          )),
        )
      }
      for (const dataset of datasets) {
        const { target } = dataset
        if (target.kind === 'parquet') found.push(...(await inBucket(dataset, target, signal)))
      }
      return found
    },
    close: () => buckets.close(),
  }
}

async function readLoads(
  session: Session,
  { at }: Sessions,
  datasets: readonly LoadedDataset[],
): Promise<DatasetLoad[]> {
  const catalog = await session.query<{ exists: boolean }>(
    `SELECT to_regclass('claimcheck.loads') IS NOT NULL AS exists`,
  )
  if (catalog.rows[0]?.exists !== true) {
    throw new CatalogError('CATALOG_NOT_FOUND', 'the database has no catalog of this version', {
      at,
      remedy: 'The first load makes it; or name the database that was loaded into.',
    })
  }
  const { rows } = await session.query<DatasetLoad & { readonly [name: string]: unknown }>(
    `SELECT dataset_id::text AS "datasetId", target, published_at AS "loadedAt"
       FROM claimcheck.loads WHERE dataset_id = ANY ($1::uuid[]) ORDER BY published_at, target`,
    [datasets.map(({ datasetId }) => datasetId)],
  )
  return rows.map(({ datasetId, target, loadedAt }) => ({ datasetId, target, loadedAt }))
}
