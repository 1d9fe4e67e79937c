import { countCsvRecords } from '../conversion/split-csv.ts'
import { readJsonPage } from '../json/read-json-page.ts'
import { countRecords } from '../json/split-records.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { TextFormat } from '../source-definition.ts'
import type { Paging } from './next-cursor.ts'

export interface PageEnvelope {
  readonly records: number
  /** Position of the array of records in the body; null where the format has none. */
  readonly recordsStart: number | null
  /** Behind that array; null where the format has none. */
  readonly recordsEnd: number | null
  /** The next cursor that a JSON body names. */
  readonly nextInBody: string | undefined
}

export interface PageShape {
  readonly format: TextFormat
  /** Where the array of records stands in a JSON body. */
  readonly records: readonly string[]
  readonly next: Paging
  readonly columns: readonly ColumnDefinition[]
}

/**
 * What paging needs to know of a page.
 *
 * @throws PipelineError SOURCE_MALFORMED when the body is not a complete page of the declared format
 */
export function readPage(
  body: Buffer,
  { format, records, next, columns }: PageShape,
): PageEnvelope {
  switch (format) {
    case 'json': {
      const page = readJsonPage(body, {
        records,
        next: next.kind === 'cursor' ? next.path : undefined,
      })
      const { recordCount, recordsStart, recordsEnd } = page
      return { records: recordCount, recordsStart, recordsEnd, nextInBody: page.next }
    }
    case 'ndjson':
      return { ...noArray, records: countRecords(body) }
    case 'csv': {
      const declared = new Set(columns.map(({ from }) => from))
      const counted = countCsvRecords(body, declared, requiredFields(columns))
      return { ...noArray, records: counted }
    }
  }
}

const noArray = { recordsStart: null, recordsEnd: null, nextInBody: undefined }

/** What no CSV body may lack: a row without its key is none. */
export function requiredFields(columns: readonly ColumnDefinition[]): ReadonlySet<string> {
  return new Set(columns.filter(({ key }) => key).map(({ from }) => from))
}
