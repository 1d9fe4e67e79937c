import type { Interval, PageSource, SourceFormat } from '../../../activities/index.ts'
import { nextCursor } from '../../../activities/landing/next-cursor.ts'
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
  options: { readonly interval: Interval; readonly pages: number },
): Promise<SeenSource> {
  const sightings = new RecordSightings()
  const { signal } = new AbortController()
  let cursor: string | null = null
  for (let pages = 1; ; pages += 1) {
    const { body, nextLink } = await pageSource.fetchPage({
      source,
      interval: options.interval,
      cursor: cursor ?? undefined,
      maxBytes: limits.pageBytes,
      signal,
    })
    const page = readPage(body, { source, columns: [] })
    seeRecords(source.format, { body, ...page }, sightings)
    cursor = nextCursor(source.next, { ...page, cursor, nextLink })
    if (cursor === null || pages === options.pages) {
      return { sightings, pages, hasMore: cursor !== null }
    }
  }
}

function seeRecords(
  format: SourceFormat,
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
