import { countCsvRecords } from '../conversion/split-csv.ts'
import { readJsonPage } from '../json/read-json-page.ts'
import { countRecords } from '../json/split-records.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'

export interface PageEnvelope {
  readonly records: number
  /** Position of the array of records in the body; null where the format has none. */
  readonly recordsStart: number | null
  /** The next cursor that a JSON body names. */
  readonly nextInBody: string | undefined
}

/**
 * What paging needs to know of a page.
 *
 * @throws PipelineError SOURCE_MALFORMED when the body is not a complete page of the declared format
 */
export function readPage(
  body: Buffer,
  { source, columns }: Pick<PipelineDefinition, 'source' | 'columns'>,
): PageEnvelope {
  switch (source.format) {
    case 'json': {
      const next = source.next.kind === 'cursor' ? source.next.path : undefined
      const page = readJsonPage(body, { records: source.records, next })
      const { recordCount: records, recordsStart } = page
      return { records, recordsStart, nextInBody: page.next }
    }
    case 'ndjson':
      return { records: countRecords(body), recordsStart: null, nextInBody: undefined }
    case 'csv': {
      const records = countCsvRecords(body, new Set(columns.map(({ from }) => from)))
      return { records, recordsStart: null, nextInBody: undefined }
    }
  }
}
