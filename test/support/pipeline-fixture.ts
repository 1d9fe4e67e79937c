import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { TestDatabase } from '../targets/support/test-database.ts'

export interface FlightsPipeline {
  readonly name: string
  /** With its schema. @default tableOf(name) */
  readonly table?: string
  readonly perPage?: number
  readonly limits?: Readonly<Record<string, number | string>>
  readonly maxRejects?: number
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of, or beside, the columns of a flight. */
  readonly columns?: Readonly<Record<string, unknown>>
}

/** A name that no other test, and no earlier run of this one, has used. */
export function uniqueName(word: string): string {
  return `${word}-${randomBytes(4).toString('hex')}`
}

/** Makes that table, as an earlier load could have. */
export async function createFlightsTable(database: TestDatabase, name: string): Promise<string> {
  const table = tableOf(name)
  await database.query(
    `CREATE TABLE ${table} (id bigint PRIMARY KEY, departed_at timestamp, delay integer,
       distance integer, origin text, destination text)`,
  )
  return table
}

/** Of a flight, as the sample source has it. */
export const flightColumns = {
  id: { type: 'bigint', key: true },
  departed_at: { type: 'timestamp', from: 'date' },
  delay: 'integer',
  distance: 'integer',
  origin: 'text',
  destination: 'text',
}

/** Writes a pipeline file that loads flights from the sample source. */
export async function writeFlightsPipeline(
  directory: string,
  pipeline: FlightsPipeline,
): Promise<void> {
  const { name, perPage = 1000, limits = {}, maxRejects = 0, headers = {} } = pipeline
  await writePipeline(directory, name, {
    name,
    source: {
      kind: 'http',
      url: pipeline.url ?? '${SAMPLE_SOURCE_URL}/flights',
      query: { since: '{interval.start}', until: '{interval.end}', per_page: perPage },
      headers,
      records: '$.data',
      next: { kind: 'cursor', path: '$.next' },
      format: 'json',
    },
    columns: { ...flightColumns, ...pipeline.columns },
    limits,
    on_reject: { max: maxRejects },
    target: { kind: 'postgres', table: pipeline.table ?? tableOf(name), mode: 'merge' },
  })
}

export async function writePipeline(
  directory: string,
  name: string,
  pipeline: unknown,
): Promise<void> {
  await writeFile(join(directory, `${name}.yaml`), stringify(pipeline))
}

/** The table that the pipeline loads into, with its schema: the search path has others first. */
export function tableOf(name: string): string {
  return `public.${name.replaceAll('-', '_')}`
}
