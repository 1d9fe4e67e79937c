import type { PageSource, SourceSlice, TextFormat } from '../../../activities/index.ts'
import { nextCursor, pagingOf } from '../../../activities/landing/next-cursor.ts'
import { readPage } from '../../../activities/landing/read-page.ts'
import { recordsPlace } from '../../../activities/json/split-records.ts'
import type { SourceOfPipeline } from './parse-source.ts'
import { RecordSightings } from './record-sightings.ts'
import { seeCsvRecords } from './see-csv-records.ts'
import { seeJsonRecords } from './see-json-records.ts'

export interface SeenSource {
  readonly sightings: RecordSightings
  readonly pages: number
  /** Whether the source has pages that were not looked at. */
  readonly hasMore: boolean
}

/**
 * Looks at the records of a source's first pages, fetched as a load fetches them.
 * @throws PipelineError as fetching and reading pages do
 */
export async function seeSource(
  pageSource: PageSource,
  { source, limits }: SourceOfPipeline,
  options: { readonly slice: SourceSlice; readonly pages: number },
): Promise<SeenSource> {
  const sightings = new RecordSightings()
  const { signal } = new AbortController()
  if (source.kind !== 'http' && source.kind !== 'module') {
    throw new Error(`a ${source.kind} source cannot be looked at yet`)
  }
  const { format, records } = source
  const next = pagingOf(source)
  const walk = pageSource.openWalk({
    source,
    slice: options.slice,
    maxBytes: limits.pageBytes,
    signal,
  })
  try {
    let cursor: string | null = null
    for (let pages = 1; ; pages += 1) {
      const { body, nextLink } = await walk.page(cursor ?? undefined)
      const page = readPage(body, { format, records, next, columns: [] })
      seeRecords(format, { body, ...page }, sightings)
      cursor = nextCursor(next, { ...page, cursor, nextLink })
      if (cursor === null || pages === options.pages) {
        return { sightings, pages, hasMore: cursor !== null }
      }
    }
  } finally {
    await walk.close()
  }
}

function seeRecords(
  format: TextFormat,
  { body, recordsStart }: { readonly body: Buffer; readonly recordsStart: number | null },
  sightings: RecordSightings,
): void {
  switch (format) {
    case 'csv':
      seeCsvRecords(body, sightings)
      return
    case 'json':
    case 'ndjson':
      seeJsonRecords(body, recordsPlace(recordsStart), sightings)
      return
    default:
      format satisfies never
  }
}
