import { readJsonPage } from '../json/read-json-page.ts'
import { countRecords } from '../json/split-records.ts'
import { readCsvHeader } from '../conversion/read-csv-header.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'

export interface PageEnvelope {
  /** Null where only a full reading would tell (CSV). */
  readonly records: number | null
  /** Position of the array of records in the body; null where the format has none. */
  readonly recordsStart: number | null
  readonly next: string | null
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
      return { records, recordsStart, next: page.next ?? null }
    }
    case 'ndjson':
      return { records: countRecords(body), recordsStart: null, next: null }
    case 'csv':
      readCsvHeader(body, new Set(columns.map(({ from }) => from)))
      return { records: null, recordsStart: null, next: null }
  }
}
