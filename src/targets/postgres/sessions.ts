import {
  Client,
  type ClientConfig,
  escapeLiteral,
  Pool,
  type PoolClient,
  type PoolConfig,
  type QueryResultRow,
} from 'pg'
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams'
import type { ErrorPlace } from '../../../codec/coded-error.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { guardParser } from '../../guard-parser.ts'
import { optionalSettings } from '../../optional-settings.ts'
import { toPipelineError } from './to-pipeline-error.ts'

export interface SessionsOptions {
  readonly url: string
  readonly maxConnections: number
  readonly connectTimeoutMs: number
}

export interface QueryOutcome<Row> {
  readonly rows: readonly Row[]
  /** Rows the statement returned or wrote. */
  readonly rowCount: number
}

/** One transaction's connection. */
export interface Session {
  /** Runs one statement; errors come as PipelineError, without row values. */
  query<Row extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<QueryOutcome<Row>>
  /** Starts a COPY; bytes go into the stream that is returned. Its errors are PostgreSQL's own. */
  copy(text: string): CopyStreamQuery
  toPipelineError(error: unknown): PipelineError
}

/** What a transaction sees: each statement what is committed by then, or all of them one state that none changes. */
export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'REPEATABLE READ, READ ONLY'

/** Connections to one database, each used for one transaction at a time. */
export interface Sessions {
  /** Where the sessions go: host, port and database. */
  readonly at: ErrorPlace
  /**
   * Runs `body` in a transaction that `pg_stat_activity` shows under `name`. When `body` throws or
   * `signal` aborts, the connection is dropped: the server then cancels and rolls back, whatever
   * state the statement was in, and no half-used connection goes back into the pool.
   *
   * @param isolation By default READ COMMITTED.
   */
  transaction<Result>(
    name: string,
    signal: AbortSignal,
    body: (session: Session) => Promise<Result>,
    isolation?: Isolation,
  ): Promise<Result>
  close(): Promise<void>
}

/**
 * All are for the length of a transaction: behind a transaction pooler the next one is of another
 * connection, and this connection somebody else's. An open transaction that nobody speaks to ends by
 * itself; a long merge is ended by the signal only.
 */
const TRANSACTION_SETTINGS = [
  `SET LOCAL TimeZone = 'UTC'`,
  // Else the names of some types come quoted from the catalog.
  `SET LOCAL quote_all_identifiers = off`,
  // Else NULL in an array that a statement is given is a text of four letters.
  `SET LOCAL array_nulls = on`,
  `SET LOCAL statement_timeout = 0`,
  `SET LOCAL lock_timeout = '30s'`,
  `SET LOCAL idle_in_transaction_session_timeout = '60s'`,
  // From version 17 on.
  `SELECT set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) <> '0'`,
  // What is told to be done stays done when the server crashes, whatever the database is content with.
  `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`,
].join('; ')

export function openSessions(options: SessionsOptions): Sessions {
  const { at, config } = readUrl(options)
  const pool = new Pool(config)
  // An idle connection that breaks is simply not used again; its event would end the process if
  // nobody listened. One that is in use has the transaction's own listener.
  pool.on('error', () => {})

  async function transaction<Result>(
    name: string,
    signal: AbortSignal,
    body: (session: Session) => Promise<Result>,
    isolation: Isolation = 'READ COMMITTED',
  ): Promise<Result> {
    const client = await connect(pool, signal, at)
    const drop = () => client.connection.stream.destroy()
    signal.addEventListener('abort', drop, { once: true })
    // What ends a session between two statements is told to nobody; the next statement then only
    // finds the connection gone, so the first cause is kept for it.
    let lost: Error | undefined
    const keepFirst = (error: Error) => {
      lost ??= error
    }
    client.on('error', keepFirst)
    let failed = true
    try {
      const session = sessionOver(client, (error) => toPipelineError(lost ?? error, at))
      const optional = await optionalSettings(client)
      await session.query(
        `BEGIN ISOLATION LEVEL ${isolation}; SET LOCAL application_name = ${escapeLiteral(name)}; ${TRANSACTION_SETTINGS}; ${optional}`,
      )
      const result = await body(session)
      await session.query('COMMIT')
      failed = false
      return result
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', drop)
      client.off('error', keepFirst)
      if (failed) drop()
      client.release(failed)
    }
  }

  let closed: Promise<void> | undefined
  return { at, transaction, close: () => (closed ??= pool.end()) }
}

function sessionOver(client: PoolClient, toError: (error: unknown) => PipelineError): Session {
  return {
    async query<Row extends QueryResultRow>(
      text: string,
      values?: readonly unknown[],
    ): Promise<QueryOutcome<Row>> {
      try {
        const { rows, rowCount } = await client.query<Row>(text, values && [...values])
        return { rows, rowCount: rowCount ?? 0 }
      } catch (error) {
        throw toError(error)
      }
    },
    copy: (text) => client.query(copyFrom(text)),
    toPipelineError: toError,
  }
}

/** Waits for a connection, but not after the signal: one that comes later goes back unused. */
async function connect(pool: Pool, signal: AbortSignal, at: ErrorPlace): Promise<PoolClient> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  const coming = pool.connect()
  try {
    return await Promise.race([coming, aborted])
  } catch (error) {
    void coming.then(
      (client) => client.release(),
      () => {},
    )
    signal.throwIfAborted()
    throw toPipelineError(error, at)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function readUrl(options: SessionsOptions): { at: ErrorPlace; config: PoolConfig } {
  const { url, maxConnections, connectTimeoutMs } = options
  /** The pool's own timeout would also bound the wait for a free connection, which may be long. */
  class PatientClient extends Client {
    constructor(config?: ClientConfig) {
      super({ ...config, connectionTimeoutMillis: connectTimeoutMs })
      guardParser(this)
      // Else a connection given up on this side (no password to offer) stays half-open in the
      // server for its authentication timeout, and blocks there what waits for all sessions.
      this.connection.on('error', () => this.connection.stream.destroy())
      // The pool stops listening as it hands a connection out, and a transaction begins to a moment
      // later: what breaks in between is found by the first statement, and must not end the process.
      this.on('error', () => {})
    }
  }
  const config: PoolConfig = {
    connectionString: url,
    max: maxConnections,
    Client: PatientClient,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
  try {
    const client = new Client({ connectionString: url })
    return { at: { host: client.host, port: client.port, database: client.database ?? '' }, config }
  } catch {
    // Not chained: the original quotes the URL, which may hold the password.
    throw new PipelineError('TARGET_UNREACHABLE', 'The target URL cannot be read', {
      remedy: 'Write it as postgres://user:password@host:port/database.',
    })
  }
}
