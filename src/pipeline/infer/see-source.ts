import type {
  ItemRequest,
  ItemSource,
  PageSource,
  SourceSlice,
  TextFormat,
} from '../../../activities/index.ts'
import { nextCursor, pagingOf } from '../../../activities/landing/next-cursor.ts'
import {
  PageReader,
  type CutPage,
  type PageReaderOptions,
} from '../../../activities/landing/page-reader.ts'
import { readItemPage } from '../../../activities/landing/read-item-page.ts'
import { readPage, type PageEnvelope } from '../../../activities/landing/read-page.ts'
import { csvHeader } from '../../../activities/landing/record-ends.ts'
import { CommandError } from '../../command-error.ts'
import { recordsPlace } from '../../../activities/json/split-records.ts'
import type { SourceOfPipeline } from './parse-source.ts'
import { RecordSightings } from './record-sightings.ts'
import { seeCsvRecords } from './see-csv-records.ts'
import { seeJsonRecords } from './see-json-records.ts'

/** Of a file or table; a page that is fetched is as large as its source makes it. */
const glanceBytes = 1024 * 1024

export interface SeenSources {
  readonly pages: PageSource
  readonly items: ItemSource
}

export interface SeenSource {
  readonly sightings: RecordSightings
  readonly pages: number
  /** Whether the source has pages that were not looked at. */
  readonly hasMore: boolean
}

/**
 * Looks at the records of a source's first pages, read as a load reads them.
 * @throws PipelineError as fetching and reading pages do
 */
export async function seeSource(
  sources: SeenSources,
  { source, limits }: SourceOfPipeline,
  options: { readonly slice: SourceSlice; readonly pages: number },
): Promise<SeenSource> {
  const { format, records } = source
  if (format === 'parquet') {
    throw new CommandError('FORMAT_UNSUPPORTED', 'infer does not look at Parquet files', {
      remedy: 'Declare the columns that the files have, by their names.',
    })
  }
  const sightings = new RecordSightings()
  const { signal } = new AbortController()
  const { slice } = options
  const { pageBytes } = limits
  let pages = 0
  const see = <Page extends Pick<PageEnvelope, 'recordsStart'>>(body: Buffer, page: Page): Page => {
    seeRecords(format, { body, ...page }, sightings)
    pages += 1
    return page
  }
  const seen = (hasMore: boolean): SeenSource => ({ sightings, pages, hasMore })

  if (source.kind === 'http' || source.kind === 'module') {
    const next = pagingOf(source)
    const shape = { format, records, next, columns: [] }
    const walk = sources.pages.openWalk({ source, slice, maxBytes: pageBytes, signal })
    try {
      let cursor: string | null = null
      do {
        const { body, nextLink } = await walk.page(cursor ?? undefined)
        cursor = nextCursor(next, { ...see(body, readPage(body, shape)), cursor, nextLink })
      } while (cursor !== null && pages < options.pages)
      return seen(cursor !== null)
    } finally {
      await walk.close()
    }
  }
  const shape = { format, records, next: { kind: 'none' }, columns: [] } as const
  const cutting = { format, targetBytes: Math.min(glanceBytes, pageBytes), pageBytes }
  let recordsBefore = 0
  for await (const page of itemPages(sources.items, { source, slice, signal }, cutting)) {
    if (pages === options.pages) return seen(true)
    if (page.startBytes === 0) recordsBefore = 0
    const { item, body } = page
    recordsBefore += see(body, readItemPage(page, shape, { item, recordsBefore })).records
  }
  return seen(false)
}

/** The first pages of each item, one item after the other. */
async function* itemPages(
  items: ItemSource,
  request: ItemRequest,
  cutting: Pick<PageReaderOptions, 'format' | 'targetBytes' | 'pageBytes'>,
): AsyncGenerator<CutPage & { readonly item: string }> {
  const { signal } = request
  for await (const listed of items.list(request)) {
    const item = listed.place
    const open = await items.open({ ...request, item: listed })
    try {
      for (const stream of open.streams) {
        const reader = new PageReader(stream, { ...cutting, item, signal })
        try {
          let page = await reader.pageAt(0, undefined)
          const header =
            page === undefined || cutting.format !== 'csv' ? undefined : csvHeader(page.body)
          while (page !== undefined) {
            yield { ...page, item }
            page = await reader.pageAt(page.endBytes, header)
          }
        } finally {
          await reader.close()
        }
      }
    } finally {
      await open.close()
    }
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
