import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteName, quoteTable } from './sql-name.ts'
import { utcText } from './utc-text.ts'

/** More rows than these are counted only. */
export const shownRows = 20

/** A row of a table: what names it, and what it was last written from. */
export interface FoundRow {
  /** Texts of the columns that name the row, as PostgreSQL writes them in UTC. */
  readonly key: Readonly<Record<string, string | null>>
  /** Null, both, where the row was written by something else than a load with lineage. */
  readonly datasetId: string | null
  readonly partNumber: number | null
}

export interface FoundRows {
  /** The first ones, at most `shownRows`. */
  readonly rows: readonly FoundRow[]
  /** All of them. */
  readonly count: number
}

/** A column and the text that its value is to be equal to. */
export interface Condition {
  readonly column: string
  readonly value: string
}

/** What is known of the load of a dataset into a table. */
export interface FoundLoad {
  readonly datasetId: string
  readonly pipeline: string
  readonly partition: string
  readonly manifestKey: string
  readonly publishedAt: Date
  /** The dataset that this one was made of again, and from what of it; null where the source was asked. */
  readonly madeFrom: string | null
  readonly madeBy: string | null
}

export interface RowQuery {
  readonly target: PostgresTargetDefinition
  /** Columns that name a row, in the order in which rows come; none where rows have no names. */
  readonly named: readonly string[]
  /** Columns that are shown of a row. */
  readonly shown: readonly string[]
  readonly conditions: readonly Condition[]
}

/**
 * The rows of a table with lineage whose columns have these values. PostgreSQL itself reads each value
 * as one of its column's type, so that what is equal to it is found and nothing else.
 *
 * @throws PipelineError TARGET_MISMATCH where a value is none of its column's type
 */
export async function findRows(session: Session, query: RowQuery): Promise<FoundRows> {
  const { target, named, shown, conditions } = query
  // How values are written; how a date is read, month or day first, stays the database's own.
  await session.query(`SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 1`)
  const values = conditions.map(({ value }) => value)
  const wanted = conditions
    .map(({ column }, index) => `${quoteName(column)} = $${index + 1}`)
    .join(' AND ')
  const from = `FROM ${quoteTable(target)} t WHERE ${wanted}`
  // By itself a name could be that of something selected.
  const order = named.length > 0 ? named.map((name) => `t.${quoteName(name)}`).join(', ') : 'ctid'
  const texts = shown.map((name) => `${quoteName(name)}::text`)
  const { rows } = await session.query<{
    texts: (string | null)[]
    dataset: string | null
    part: number | null
  }>(
    `SELECT ARRAY[${texts.join(', ')}]::text[] AS texts, "_dataset_id"::text AS dataset,
            "_part_number" AS part ${from} ORDER BY ${order} LIMIT ${shownRows}`,
    values,
  )
  return {
    rows: rows.map(({ texts: cells, dataset, part }) => ({
      key: Object.fromEntries(shown.map((name, index) => [name, cells[index] ?? null])),
      datasetId: dataset,
      partNumber: part,
    })),
    count: rows.length < shownRows ? rows.length : await countRows(session, from, values),
  }
}

async function countRows(
  session: Session,
  from: string,
  values: readonly string[],
): Promise<number> {
  const { rows } = await session.query<{ count: string }>(`SELECT count(*) ${from}`, values)
  return Number(rows[0]?.count)
}

/** The loads of these datasets into the table, by dataset. A database need not have the catalog. */
export async function findLoads(
  session: Session,
  target: PostgresTargetDefinition,
  datasetIds: readonly string[],
): Promise<ReadonlyMap<string, FoundLoad>> {
  const catalog = await session.query<{ exists: boolean }>(
    `SELECT to_regclass('claimcheck.loads') IS NOT NULL AS exists`,
  )
  if (catalog.rows[0]?.exists !== true) return new Map()
  const { rows } = await session.query<{
    dataset: string
    pipeline: string
    partition: string
    manifest: string
    published: string
    made: { made_from?: string | null; made_by?: string | null }
  }>(
    // As a whole too: a catalog of an earlier version lacks columns.
    `SELECT dataset_id::text AS dataset, pipeline, partition, manifest_key AS manifest,
            ${utcText('published_at')} AS published, to_jsonb(l) AS made
       FROM claimcheck.loads AS l WHERE target = $1 AND dataset_id = ANY ($2::uuid[])`,
    [displayTable(target), datasetIds],
  )
  return new Map(
    rows.map(({ dataset, pipeline, partition, manifest, published, made }) => [
      dataset,
      {
        datasetId: dataset,
        pipeline,
        partition,
        manifestKey: manifest,
        publishedAt: new Date(published),
        madeFrom: made.made_from ?? null,
        madeBy: made.made_by ?? null,
      },
    ]),
  )
}
