import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before } from 'node:test'
import { randomUUID } from 'node:crypto'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import type {
  DatasetId,
  LoadCounts,
  LoadTarget,
  PublishOutcome,
  PublishRequest,
} from '../../../activities/load-target.ts'
import type {
  ColumnDefinition,
  Interval,
  ParquetTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import type { S3Access } from '../../../activities/source-definition.ts'
import { literal } from '../../../activities/conversion/sql-text.ts'
import { queryNumber, queryTexts } from '../../../activities/conversion/query-texts.ts'
import {
  createParquetTarget,
  type ParquetTargetOptions,
} from '../../../src/targets/parquet/parquet-target.ts'
import { parsePartition } from '../../../src/pipeline/partition.ts'
import { openStoreUnderTest, storeUnderTest } from '../../codec/store-under-test.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { column } from '../support/column.ts'
import { partOf } from '../support/part-chunk-of.ts'
import { newDatasetId } from '../support/sample-load.ts'

export type ParquetTarget = LoadTarget<ParquetTargetDefinition>

export interface LoadChange {
  readonly target?: Partial<ParquetTargetDefinition>
  readonly columns?: readonly ColumnDefinition[]
  readonly partition?: string
  /** @default as the partition's name says */
  readonly interval?: Interval | undefined
  readonly requestedAt?: string
  readonly signal?: AbortSignal
}

export interface ParquetLoad {
  readonly datasetId: DatasetId
  readonly request: PublishRequest<ParquetTargetDefinition>
  /** @param s3 How the store is reached, where that is not the worker's own. */
  stage(target: ParquetTarget, partNumber?: number, s3?: S3Access): Promise<void>
  /** Checks, stages and publishes. */
  run(target: ParquetTarget): Promise<PublishOutcome>
}

export interface ParquetBed {
  readonly store: ObjectStore
  readonly target: ParquetTarget
  readonly folder: string
  /** Another one, as another worker would have. */
  open(options?: Partial<ParquetTargetOptions>): ParquetTarget
  newPrefix(): string
  /** A dataset whose parts have the rows that these queries select. */
  load(prefix: string, parts: readonly string[], change?: LoadChange): Promise<ParquetLoad>
  /** Without the prefix, in order. */
  keys(prefix: string): Promise<string[]>
  /** Brings all objects into a folder: what stands for `s3://bucket/`. */
  download(prefix: string): Promise<string>
  query(sql: string): Promise<(string | undefined)[][]>
  /** What readers of whole states see. @param select Of the relation `published` */
  published(prefix: string, select: string, options?: string): Promise<(string | undefined)[][]>
}

export const idColumns = [column('id', 'bigint', 'key'), column('carrier', 'text')]

/** Rows of `idColumns` for ids from `first`. */
export function ids(first: number, count: number, carrier = 'DY'): string {
  return `SELECT (${first} + range)::BIGINT AS id, ${literal(carrier)} AS carrier FROM range(${count})`
}

/** What a load of so many rows says, which took the place of so many. */
export function counts(rows: number, rowsDeleted = 0): LoadCounts {
  return {
    rowsStaged: rows,
    rowsInserted: rows,
    rowsUpdated: 0,
    rowsUnchanged: 0,
    rowsDuplicate: 0,
    rowsDeleted,
  }
}

/** Parquet targets on the store under test, each test with a prefix of its own. */
export function useParquetBed(): ParquetBed {
  const duck = useDuckDb()
  const root = `lake-${randomUUID()}`
  const signal = AbortSignal.timeout(300_000)
  const targets: ParquetTarget[] = []
  let prefixes = 0
  let files = 0
  let opened: { readonly store: ObjectStore; readonly target: ParquetTarget } | undefined
  const query = (sql: string) =>
    duck.duckDb.withConnection(signal, (connection) => queryTexts(connection, sql))

  const bed: ParquetBed = {
    get store() {
      return required(opened).store
    },
    get target() {
      return required(opened).target
    },
    get folder() {
      return duck.folder
    },
    open(options = {}) {
      const target = createParquetTarget({
        store: storeUnderTest(),
        duckDb: duck.duckDb,
        environment: {},
        firstDelayMs: 10,
        ...options,
      })
      targets.push(target)
      return target
    },
    newPrefix: () => `${root}/${(prefixes += 1)}`,
    async load(prefix, parts, change = {}) {
      const { columns = idColumns, partition = '2026-11-23' } = change
      const datasetId = newDatasetId()
      const paths: string[] = []
      const rowCounts: number[] = []
      for (const sql of parts) {
        const path = join(duck.folder, `part-${(files += 1)}.parquet`)
        await duck.duckDb.withConnection(signal, async (connection) => {
          await connection.run(
            `COPY (${sql}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
          )
          rowCounts.push(
            await queryNumber(connection, `SELECT count(*) FROM read_parquet(${literal(path)})`),
          )
        })
        paths.push(path)
      }
      const { bucket } = storeUnderTest()
      const target = { kind: 'parquet', bucket, prefix, mode: 'replace', ...change.target } as const
      const request: ParquetLoad['request'] = {
        target,
        columns,
        signal: change.signal ?? signal,
        datasetId,
        pipeline: 'flights',
        partition,
        interval: change.interval ?? parsePartition(partition).interval,
        requestedAt: change.requestedAt ?? '2026-11-24T02:00:00.000Z',
        manifestKey: `datasets/flights/${partition}/${datasetId}/manifest.json`,
        parts: rowCounts.map((rowCount, partNumber) => ({ partNumber, rowCount })),
      }
      async function stage(into: ParquetTarget, only?: number, s3?: S3Access): Promise<void> {
        for (const { partNumber, rowCount } of request.parts) {
          if (only !== undefined && only !== partNumber) continue
          const part = { ...request, partNumber, rowCount, path: paths[partNumber] }
          await into.stagePart({ ...part, target: { ...target, s3 }, chunks: partOf([], []) })
        }
      }
      return {
        datasetId,
        request,
        stage,
        async run(into) {
          await into.check(request)
          await stage(into)
          return into.publish(request)
        },
      }
    },
    async keys(prefix) {
      const keys: string[] = []
      for await (const { key } of bed.store.list(`${prefix}/`))
        keys.push(key.slice(prefix.length + 1))
      return keys.toSorted()
    },
    async download(prefix) {
      const folder = await mkdtemp(join(duck.folder, 'bucket-'))
      await Promise.all(
        (await bed.keys(prefix)).map(async (key) => {
          const path = join(folder, prefix, key)
          await mkdir(dirname(path), { recursive: true })
          await writeFile(path, await bed.store.get(`${prefix}/${key}` as ObjectKey))
        }),
      )
      return `${folder}/`
    },
    query,
    async published(prefix, select, options = '') {
      const bucket = await bed.download(prefix)
      return duck.duckDb.withConnection(signal, async (connection) => {
        await connection.run(
          `SET VARIABLE files = (SELECT list(${literal(bucket)} || file.key) FROM (SELECT unnest(files) AS file
             FROM read_json(${literal(`${bucket}${prefix}/_manifests/*.json`)}, columns = {files: 'STRUCT(key VARCHAR)[]'})))`,
        )
        await connection.run(
          `CREATE TEMP VIEW published AS SELECT * FROM read_parquet(getvariable('files'),
             hive_partitioning = true, union_by_name = true${options})`,
        )
        return queryTexts(connection, select)
      })
    },
  }
  before(async () => {
    opened = { store: await openStoreUnderTest(), target: bed.open() }
  })
  after(async () => {
    await Promise.all(targets.map((target) => target.close()))
    if (opened === undefined) return
    const { store } = opened
    const keys: ObjectKey[] = []
    for await (const { key } of store.list(`${root}/`)) keys.push(key)
    await store.delete(keys)
    store.close()
  })
  return bed
}

function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the store is open in tests and later hooks only')
  return value
}
