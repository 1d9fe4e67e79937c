import type {
  DuckDb,
  ItemRequest,
  ItemSource,
  ItemStream,
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
import { withWorkingFolder } from '../../../activities/working-folder.ts'
import { recordsPlace } from '../../../activities/json/split-records.ts'
import type { SourceOfPipeline } from './parse-source.ts'
import { RecordSightings } from './record-sightings.ts'
import { seeCsvRecords } from './see-csv-records.ts'
import { seeJsonRecords } from './see-json-records.ts'
import { seeParquetRecords } from './see-parquet-records.ts'

/** Of a file or table; a page that is fetched is as large as its source makes it. */
const glanceBytes = 1024 * 1024

export interface SeenSources {
  readonly pages: PageSource
  readonly items: ItemSource
  /** Reads Parquet; opened where there is some. */
  readonly openDuckDb: () => Promise<DuckDb>
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
  const sightings = new RecordSightings()
  const { signal } = new AbortController()
  const { slice } = options
  if (format === 'parquet') return seeParquet(sources, { source, slice, signal }, options.pages)
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

async function seeParquet(
  { items, openDuckDb }: SeenSources,
  request: ItemRequest,
  most: number,
): Promise<SeenSource> {
  const sightings = new RecordSightings()
  const duckDb = await openDuckDb()
  let pages = 0
  try {
    for await (const { stream } of itemStreams(items, request)) {
      const isOver = await withWorkingFolder(async (folder) => {
        const { signal } = request
        const looking = { bytes: stream.read(0), folder, pageBytes: glanceBytes, signal }
        for await (const _ of seeParquetRecords(duckDb, looking, sightings)) {
          if (pages === most) return true
          pages += 1
        }
        return false
      })
      if (isOver) return { sightings, pages, hasMore: true }
    }
    return { sightings, pages, hasMore: false }
  } finally {
    duckDb.close()
  }
}

/** The first pages of each item, one item after the other. */
async function* itemPages(
  items: ItemSource,
  request: ItemRequest,
  cutting: Pick<PageReaderOptions, 'format' | 'targetBytes' | 'pageBytes'>,
): AsyncGenerator<CutPage & { readonly item: string }> {
  const { signal } = request
  for await (const { item, stream } of itemStreams(items, request)) {
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
}

/** What each item consists of, open for as long as it is looked at. */
async function* itemStreams(
  items: ItemSource,
  request: ItemRequest,
): AsyncGenerator<{ readonly item: string; readonly stream: ItemStream }> {
  for await (const listed of items.list(request)) {
    const open = await items.open({ ...request, item: listed })
    try {
      for (const stream of open.streams) yield { item: listed.place, stream }
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
