import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import {
  PipelineError,
  type ItemRequest,
  type OpenItem,
  type PostgresSourceDefinition,
  type SourceItem,
} from '../../../activities/index.ts'
import { CsvStepper } from '../../../activities/conversion/csv-stepper.ts'
import {
  createPostgresSource,
  type PostgresSourceOptions,
} from '../../../src/sources/postgres/postgres-source.ts'
import { eventually } from '../../support/eventually.ts'
import { createTestDatabase, type TestDatabase } from '../../targets/support/test-database.ts'

export type WantedSource = Partial<
  Pick<PostgresSourceDefinition, 'url' | 'table' | 'query' | 'split'>
>

interface SessionRow {
  readonly pid: number
  readonly state: string
  readonly query: string
  readonly wait_event: string
}

/** A database, and a source that reads from it. */
export interface PostgresSourceBed {
  readonly database: TestDatabase
  /** The name of the database. */
  readonly name: string
  itemOf(wanted: WantedSource, options?: Partial<PostgresSourceOptions>): Promise<SourceItem>
  open(wanted: WantedSource, signal?: AbortSignal): Promise<OpenItem>
  /** The text of each stream. */
  read(wanted: WantedSource): Promise<string[]>
  /** Sessions of sources in this database, told by their name. */
  sessions(): Promise<SessionRow[]>
  noSessions(): Promise<void>
}

/** What a run fills into queries. */
const slice = {
  partition: '2001-01',
  interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
  highWaterMark: `o'clock \\ {partition}`,
}

/** What a server's settings may be, and what a text must not depend on. */
const unusualSettings = [
  `DateStyle = 'SQL, DMY'`,
  `IntervalStyle = 'sql_standard'`,
  `TimeZone = 'Asia/Kathmandu'`,
  `bytea_output = 'escape'`,
  `extra_float_digits = -15`,
  `client_encoding = 'LATIN1'`,
  `statement_timeout = '200ms'`,
]

/** For the tests of the suite that this is called in. */
export function usePostgresSource(): PostgresSourceBed {
  let opened: TestDatabase | undefined
  const database = (): TestDatabase => {
    if (opened === undefined) throw new Error('the database is there in tests only')
    return opened
  }
  before(async () => {
    opened = await createTestDatabase()
    for (const setting of unusualSettings) {
      await opened.query(`ALTER DATABASE ${nameOf(opened)} SET ${setting}`)
    }
  })
  after(async () => {
    await opened?.drop()
  })

  const request = (wanted: WantedSource, signal?: AbortSignal): ItemRequest => ({
    source: { kind: 'postgres', url: database().url, format: 'csv', records: [], ...wanted },
    slice,
    signal: signal ?? new AbortController().signal,
  })
  const source = (options: Partial<PostgresSourceOptions> = {}) =>
    createPostgresSource({ environment: {}, ...options })

  async function open(wanted: WantedSource, signal?: AbortSignal): Promise<OpenItem> {
    const item: SourceItem = { place: 'here', version: '', sizeBytes: null }
    return source().open({ ...request(wanted, signal), item })
  }

  const sessions = () =>
    database().query<SessionRow & Record<string, unknown>>(
      `SELECT pid, state, query, wait_event FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'claimcheck source'`,
    )

  return {
    get database() {
      return database()
    },
    get name() {
      return nameOf(database())
    },
    open,
    sessions,
    async itemOf(wanted, options) {
      const [item, ...more] = await Array.fromAsync(source(options).list(request(wanted)))
      assert.ok(item !== undefined && more.length === 0)
      return item
    },
    async read(wanted) {
      const item = await open(wanted)
      try {
        return await Promise.all(item.streams.map((stream) => textOf(stream.read(0))))
      } finally {
        await item.close()
      }
    },
    async noSessions() {
      await eventually('the end of all sessions', async () =>
        (await sessions()).length === 0 ? true : undefined,
      )
    },
  }
}

/** What some work fails with. */
export async function failureOf(work: Promise<unknown>): Promise<PipelineError> {
  try {
    await work
  } catch (error) {
    assert.ok(error instanceof PipelineError, String(error))
    return error
  }
  throw new Error('nothing failed')
}

function nameOf({ url }: TestDatabase): string {
  return new URL(url).pathname.slice(1)
}

export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(chunks)).toString('utf8')
}

/** Each record as it is written, the header first. */
export function csvRecords(text: string): string[] {
  const body = Buffer.from(text)
  const stepper = new CsvStepper(body)
  const records: string[] = []
  while (stepper.step()) records.push(body.toString('utf8', stepper.start, stepper.end))
  return records
}
