import { setTimeout as delay } from 'node:timers/promises'
import { Client, DatabaseError, escapeLiteral, type QueryResult, type QueryResultRow } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { ErrorPlace } from '../../../codec/coded-error.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { guardParser } from '../../guard-parser.ts'
import { optionalSettings } from '../../optional-settings.ts'
import type { SourceHosts } from '../source-hosts.ts'
import { CheckedSocket } from './checked-socket.ts'
import { toSourceError } from './to-source-error.ts'

export interface SourceSessionOptions {
  /** References filled in. Never shown. */
  readonly url: string
  readonly hosts: SourceHosts
  /** For messages: without secrets. */
  readonly at: ErrorPlace & { readonly url: string }
  /** Ends the session at once: the server stops what it does within a second. */
  readonly signal: AbortSignal
}

const connectTimeoutMs = 10_000
/** An orderly end is not waited for any longer. */
const endTimeoutMs = 2_000
const copyBufferBytes = 256 * 1024

/** For the length of a transaction, so that they hold behind a pooler too: exact texts, and no limits. */
const transactionSettings = Object.entries({
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  // Before PostgreSQL 12 less than this loses digits; since then it is the shortest exact text.
  extra_float_digits: '3',
  idle_in_transaction_session_timeout: '60s',
  lc_monetary: 'C',
  lock_timeout: '30s',
  // Queries are read by this project's own lexer first, which knows SQL as the standard has it.
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  synchronize_seqscans: 'off',
  transaction_timeout: '0',
})
  .map(([name, value]) => `('${name}', '${value}')`)
  .join(', ')

/** One connection for one read-only transaction. Its errors are PipelineErrors, without values. */
export class SourceSession {
  readonly #client: Client
  readonly #socket: CheckedSocket
  readonly #options: SourceSessionOptions
  #optional = ''
  /** What ends a session between two statements is told to nobody: the first cause is kept. */
  #lost: Error | undefined
  readonly #drop = (): void => {
    this.#socket.destroy()
  }

  private constructor(options: SourceSessionOptions) {
    const { url, hosts, at, signal } = options
    this.#options = options
    this.#socket = new CheckedSocket(hosts, at.url)
    this.#client = new Client({
      connectionString: url,
      stream: () => this.#socket,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: connectTimeoutMs,
      fallback_application_name: 'claimcheck source',
    })
    guardParser(this.#client)
    this.#client.on('error', (error: Error) => {
      this.#lost ??= error
    })
    signal.addEventListener('abort', this.#drop, { once: true })
  }

  /** @throws PipelineError SOURCE_UNREACHABLE, SOURCE_REFUSED, SOURCE_HOST_REFUSED */
  static async open(options: SourceSessionOptions): Promise<SourceSession> {
    options.signal.throwIfAborted()
    const session = new SourceSession(options)
    try {
      await session.#client.connect()
      session.#optional = await optionalSettings(session.#client)
      return session
    } catch (error) {
      session.#close()
      throw session.#error(error)
    }
  }

  /** Begins the transaction; with a snapshot that another session holds, or with one of its own. */
  async begin(isolation: 'READ COMMITTED' | 'REPEATABLE READ', snapshot?: string): Promise<void> {
    await this.query(`BEGIN ISOLATION LEVEL ${isolation}, READ ONLY`)
    if (snapshot !== undefined) await this.#import(snapshot)
    await this.query(
      `SELECT set_config(s.name, v.value, true)
         FROM (VALUES ${transactionSettings}) AS v (name, value) JOIN pg_settings AS s USING (name)`,
    )
    if (this.#optional !== '') await this.query(this.#optional)
  }

  async #import(snapshot: string): Promise<void> {
    try {
      await this.#client.query(`SET TRANSACTION SNAPSHOT ${escapeLiteral(snapshot)}`)
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw this.#error(error)
      throw new PipelineError('SOURCE_UNREACHABLE', 'the snapshot to be read is gone', {
        at: this.#options.at,
        remedy:
          'Claimcheck tries again by itself, with another one; if it persists, see that `source.url` leads to one server and not to several in turn.',
        retryable: true,
      })
    }
  }

  /** @param queryLine Lines of the statement before the pipeline's query, where that stands in it. */
  async query<Row extends QueryResultRow>(
    text: string,
    queryLine?: number,
  ): Promise<QueryResult<Row>> {
    try {
      return await this.#client.query<Row>(text)
    } catch (error) {
      throw this.#error(error, queryLine === undefined ? undefined : lineOf(error, text, queryLine))
    }
  }

  /** What `COPY … TO STDOUT` writes, no faster than it is taken; then the transaction has ended. */
  async *copy(text: string): AsyncGenerator<Uint8Array> {
    const stream = this.#client.query(copyTo(text, { highWaterMark: copyBufferBytes }))
    let failure: Error | undefined
    stream.on('error', (error) => {
      failure ??= error
    })
    let isWhole = false
    try {
      for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk
      // The stream ends with the rows; that the statement came to a good end shows behind it.
      await this.#client.query('COMMIT')
      if (failure !== undefined) throw failure
      isWhole = true
    } catch (error) {
      throw this.#error(error)
    } finally {
      if (!isWhole) this.#drop()
    }
  }

  /** Keeps the transaction from being ended for being idle. */
  ping(): void {
    this.#client.query('SELECT 1').catch(() => {})
  }

  /** Ends the session: at once where it is lost or dropped. */
  async end(): Promise<void> {
    const ended = this.#client.end()
    await Promise.race([ended, delay(endTimeoutMs, undefined, { ref: false })])
    this.#close()
  }

  #close(): void {
    this.#options.signal.removeEventListener('abort', this.#drop)
    this.#drop()
  }

  #error(error: unknown, line?: number): Error {
    const { signal, at } = this.#options
    if (signal.aborted) return signal.reason
    // Once the connection is gone, statements only say that it is; why, has been said before.
    const isLoss = !(error instanceof DatabaseError)
    return toSourceError(isLoss ? (this.#lost ?? error) : error, at, line)
  }
}

function lineOf(error: unknown, statement: string, queryLine: number): number | undefined {
  if (!(error instanceof DatabaseError) || error.position === undefined) return undefined
  const before = Array.from(statement).slice(0, Number(error.position) - 1)
  const line = lineEnds(before) + 1 - queryLine
  // What is missing at the end shows behind it, where the query stands no more.
  return Math.min(line, lineEnds(Array.from(statement)) - queryLine)
}

function lineEnds(characters: readonly string[]): number {
  return characters.filter((character) => character === '\n').length
}
