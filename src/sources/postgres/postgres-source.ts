import { escapeIdentifier, type FieldDef } from 'pg'
import {
  type ItemRequest,
  type ItemSource,
  type ItemStream,
  type OpenItem,
  type PostgresSourceDefinition,
  type SourceSlice,
} from '../../../activities/index.ts'
import type { HttpSourceOptions } from '../http-source.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { provedBytes } from '../files/proved-bytes.ts'
import { shownUrl, withoutUser } from '../resolve-references.ts'
import { SourceHosts } from '../source-hosts.ts'
import { databaseUrl } from './database-url.ts'
import { fillQuery } from './fill-query.ts'
import { SourceSession, type SourceSessionOptions } from './source-session.ts'
import { splitRanges, splitTypeOf } from './split-ranges.ts'

export type PostgresSourceOptions = Pick<
  HttpSourceOptions,
  'environment' | 'allowedHosts' | 'resolve'
>

/** Well within the timeout of an idle transaction. */
const pingIntervalMs = 20_000

/** The wait after the second break of a connection in a row. */
const firstDelayMs = 250

/** A table or query, as the source's definition has it, for one run. */
interface Relation {
  /** What stands behind FROM. */
  readonly from: string
  /** All of it. */
  readonly select: string
  /** In `from`, before the pipeline's query. */
  readonly linesBefore?: number
}

/**
 * Tables and queries of PostgreSQL databases: one item each, read as `COPY` writes CSV, where a field
 * with nothing in it is NULL and `""` is the empty text. All ranges of an item are of one snapshot.
 */
export function createPostgresSource({
  environment,
  allowedHosts,
  resolve,
}: PostgresSourceOptions): ItemSource {
  const hosts = new SourceHosts(allowedHosts, resolve)

  function prepare({ source, slice, signal }: ItemRequest) {
    const definition = postgresSource(source)
    const url = databaseUrl(definition.url, environment)
    const { table } = definition
    const at = {
      url: shownUrl(definition.url, environment),
      ...(table === undefined ? {} : { table: `${table.schema}.${table.table}` }),
    }
    const session: SourceSessionOptions = { url, hosts, at, signal }
    return { definition, session, relation: relationOf(definition, slice), at }
  }

  return {
    async *list(request) {
      const { definition, session: options, relation, at } = prepare(request)
      const session = await SourceSession.open(options)
      try {
        await session.begin('READ COMMITTED')
        const fields = await describe(session, relation)
        if (definition.split !== undefined) splitTypeOf(fields, definition.split, at)
      } finally {
        await session.end()
      }
      yield { place: placeOf(definition), version: '', sizeBytes: null }
    },

    async open(request) {
      const { definition, session: options, relation, at } = prepare(request)
      const { split } = definition
      const keeper = await SourceSession.open(options)
      try {
        await keeper.begin('READ COMMITTED')
        // Locks what is read, until the keeper ends: what is emptied or rewritten after a snapshot was
        // taken would look empty in it. So the snapshot is taken after.
        const fields = await describe(keeper, relation)
        const conditions =
          split === undefined
            ? []
            : await splitRanges(keeper, relation.from, split, splitTypeOf(fields, split, at))
        const { snapshot, version } = await exportSnapshot(keeper)
        const selects =
          conditions.length < 2
            ? [relation.select]
            : conditions.map((condition) => `SELECT * FROM ${relation.from} WHERE ${condition}`)
        return openItem({ keeper, options, snapshot, version, selects })
      } catch (error) {
        await keeper.end()
        throw error
      }
    },
  }
}

function otherRows({ at }: SourceSessionOptions): PipelineError {
  const what =
    'the connection broke off, and the rows came in another order when they were read again'
  return new PipelineError('SOURCE_CHANGED', what, {
    at,
    remedy: 'The next attempt reads all of them anew; an ORDER BY keeps their order.',
    retryable: true,
  })
}

interface Snapshot {
  /** Holds the snapshot and the locks as long as it lives. */
  readonly keeper: SourceSession
  readonly options: SourceSessionOptions
  readonly snapshot: string
  readonly version: string
  readonly selects: readonly string[]
}

function openItem({ keeper, options, snapshot, version, selects }: Snapshot): OpenItem {
  const sessions = new Set<SourceSession>()
  const pinging = setInterval(() => keeper.ping(), pingIntervalMs).unref()

  async function end(session: SourceSession): Promise<void> {
    sessions.delete(session)
    await session.end()
  }

  async function openRows(select: string): Promise<AsyncIterable<Uint8Array>> {
    const session = await SourceSession.open(options)
    sessions.add(session)
    try {
      await session.begin('REPEATABLE READ', snapshot)
    } catch (error) {
      await end(session)
      throw error
    }
    return rowsOf(session, select)
  }

  async function* rowsOf(session: SourceSession, select: string): AsyncGenerator<Uint8Array> {
    try {
      yield* session.copy(
        `COPY (\n${select}\n) TO STDOUT (FORMAT csv, HEADER true, FORCE_QUOTE *, ENCODING 'UTF8')`,
      )
    } finally {
      await end(session)
    }
  }

  const stream = (select: string): ItemStream => ({
    isSeekable: false,
    read(fromBytes) {
      if (fromBytes !== 0) throw new RangeError('rows of a query are read from the first one on')
      // As long as the snapshot is there, its rows are: what came before a break comes again.
      return provedBytes({
        shown: options.at.url,
        changed: () => otherRows(options),
        openAt: () => openRows(select),
        signal: options.signal,
        firstDelayMs,
      })
    },
  })

  return {
    version,
    streams: selects.map(stream),
    async close() {
      clearInterval(pinging)
      await Promise.all([keeper, ...sessions].map((session) => session.end()))
    },
  }
}

function relationOf({ table, query }: PostgresSourceDefinition, slice: SourceSlice): Relation {
  if (table !== undefined) {
    const from = `${escapeIdentifier(table.schema)}.${escapeIdentifier(table.table)}`
    return { from, select: `SELECT * FROM ${from}` }
  }
  const select = fillQuery(query ?? '', slice)
  return { from: `(\n${select}\n) AS "source"`, select, linesBefore: 1 }
}

/** The columns; and from now on nobody changes what they are columns of. */
async function describe(
  session: SourceSession,
  { from, linesBefore }: Relation,
): Promise<readonly FieldDef[]> {
  const { fields } = await session.query(`SELECT * FROM ${from} LIMIT 0`, linesBefore)
  return fields
}

/** The identifier of a snapshot is used again when the server has restarted; its moment is not. */
async function exportSnapshot(
  session: SourceSession,
): Promise<{ readonly snapshot: string; readonly version: string }> {
  const { rows } = await session.query<{ snapshot: string; moment: string }>(
    `SELECT pg_export_snapshot() AS snapshot,
            concat(pg_postmaster_start_time(), ' ', clock_timestamp()) AS moment`,
  )
  const { snapshot = '', moment = '' } = rows[0] ?? {}
  return { snapshot, version: `${snapshot} ${moment}` }
}

function placeOf({ url, table }: PostgresSourceDefinition): string {
  const what = table === undefined ? '(query)' : `${table.schema}.${table.table}`
  return `${withoutUser(url)} ${what}`
}

function postgresSource(source: ItemRequest['source']): PostgresSourceDefinition {
  if (source.kind === 'postgres') return source
  throw new Error(`a ${source.kind} source is not in PostgreSQL`)
}
