import { readJsonPage } from '../json/read-json-page.ts'
import { countRecords } from '../json/split-records.ts'
import type { HttpSourceDefinition } from '../pipeline-definition.ts'

export interface PageEnvelope {
  /** Null where only a full reading would tell (CSV). */
  readonly records: number | null
  readonly next: string | null
}

/**
 * What paging needs to know of a page.
 *
 * @throws PipelineError SOURCE_MALFORMED when the body is not a complete page of the declared format
 */
export function readPage(body: Buffer, source: HttpSourceDefinition): PageEnvelope {
  switch (source.format) {
    case 'json': {
      const next = source.next.kind === 'cursor' ? source.next.path : undefined
      const page = readJsonPage(body, { records: source.records, next })
      return { records: page.recordCount, next: page.next ?? null }
    }
    case 'ndjson':
      return { records: countRecords(body), next: null }
    case 'csv':
      return { records: null, next: null }
  }
}
