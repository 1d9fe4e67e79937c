import assert from 'node:assert/strict'
import type { LoadCounts, LoadTarget } from '../../../activities/load-target.ts'
import type {
  ColumnDefinition,
  PostgresTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import { createPostgresTarget } from '../../../src/targets/postgres/postgres-target.ts'
import type { Row } from './part-chunk-of.ts'
import { sampleLoad, type SampleLoad } from './sample-load.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

/** Counts of a load, those that are not 0. */
export type CountsThatAre = Partial<
  Record<'staged' | 'inserted' | 'updated' | 'unchanged' | 'duplicate' | 'deleted', number>
>

/** How a table of a test is loaded. */
export interface ModeTable {
  readonly table: string
  readonly columns: readonly ColumnDefinition[]
  readonly settings: Pick<PostgresTargetDefinition, 'mode'> & Partial<PostgresTargetDefinition>
}

export interface ModeBed {
  readonly database: TestDatabase
  readonly target: LoadTarget
  /** Loads the rows, one part, for a day of November 2026, by default the 1st. */
  load(table: ModeTable, rows: readonly Row[], day?: number): Promise<CountsThatAre>
  /** The same with all of a load's own settings. */
  run(load: SampleLoad): Promise<CountsThatAre>
  /** Rows of a query as arrays of texts. */
  texts(sql: string): Promise<(string | null)[][]>
  /** Which version of each row stands where: the same before and after means that nothing was written. */
  places(table: string): Promise<string[]>
  close(): Promise<void>
}

export function dayLoad(
  { table, columns, settings }: ModeTable,
  rows: readonly Row[],
  day = 1,
): SampleLoad {
  return sampleLoad(table, [rows], columns, { target: settings, request: slice(day) })
}

/** The slice that is a day of November 2026, in UTC. */
export function slice(day: number, days = 1) {
  const midnight = (of: number) => new Date(Date.UTC(2026, 10, of)).toISOString()
  return {
    partition: midnight(day).slice(0, 10),
    interval: { start: midnight(day), end: midnight(day + days) },
  }
}

/** A database and a target for tests of load modes. */
export async function openModeBed(): Promise<ModeBed> {
  const database = await createTestDatabase()
  const target = createPostgresTarget({ url: database.url })
  const run = async (load: SampleLoad) => {
    const outcome = await load.run(target)
    assert.equal(outcome.kind, 'published')
    return countsThatAre(outcome.counts)
  }
  const client = await database.connect()
  await client.query(`SET TimeZone = 'UTC'`)
  const texts = async (sql: string) => {
    const types = { getTypeParser: () => (text: string) => text }
    const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types })
    return rows
  }
  return {
    database,
    target,
    run,
    load: (table, rows, day) => run(dayLoad(table, rows, day)),
    texts,
    places: async (table) =>
      (
        await texts(`SELECT tableoid::regclass || ctid::text || xmin FROM ${table} ORDER BY 1`)
      ).flatMap(([place]) => place ?? []),
    async close() {
      await target.close()
      await database.drop()
    },
  }
}

function countsThatAre(counts: LoadCounts): CountsThatAre {
  const { rowsStaged, rowsInserted, rowsUpdated, rowsUnchanged, rowsDuplicate } = counts
  assert.equal(rowsStaged, rowsInserted + rowsUpdated + rowsUnchanged + rowsDuplicate)
  const all = {
    staged: rowsStaged,
    inserted: rowsInserted,
    updated: rowsUpdated,
    unchanged: rowsUnchanged,
    duplicate: rowsDuplicate,
    deleted: counts.rowsDeleted,
  }
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0))
}
