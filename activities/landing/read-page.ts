import { countCsvRecords } from '../conversion/split-csv.ts'
import { readJsonPage } from '../json/read-json-page.ts'
import { countRecords, recordsPlace } from '../json/split-records.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { TextFormat } from '../source-definition.ts'
import { hasDeclaredField } from './has-declared-field.ts'
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
      requireDeclaredField(body, recordsStart, columns)
      return { records: recordCount, recordsStart, recordsEnd, nextInBody: page.next }
    }
    case 'ndjson': {
      const counted = countRecords(body)
      requireDeclaredField(body, null, columns)
      return { ...noArray, records: counted }
    }
    case 'csv': {
      const declared = new Set(columns.map(({ from }) => from))
      const counted = countCsvRecords(body, declared, requiredFields(columns))
      return { ...noArray, records: counted }
    }
  }
}

const noArray = { recordsStart: null, recordsEnd: null, nextInBody: undefined }

/**
 * A page whose records have none of the declared fields is something else, an error in the words of the
 * source, say: each would be a row of NULLs, or set aside in the place of the rows that should have come.
 */
function requireDeclaredField(
  body: Buffer,
  recordsStart: number | null,
  columns: readonly ColumnDefinition[],
): void {
  if (columns.length === 0) return
  const fields = new Set(columns.map(({ from, path }) => path?.[0] ?? from))
  if (hasDeclaredField(body, recordsPlace(recordsStart), fields)) return
  throw new PipelineError(
    'SOURCE_MALFORMED',
    'no record of the page has any of the declared fields',
    {
      remedy:
        'Look at what the source serves: if it is no error of its own, compare `columns` and their `from` with it; case counts.',
      retryable: true,
    },
  )
}

/** What no CSV body may lack: a row without its key is none. */
export function requiredFields(columns: readonly ColumnDefinition[]): ReadonlySet<string> {
  return new Set(columns.filter(({ key }) => key).map(({ from }) => from))
}
