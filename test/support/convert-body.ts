import { convertPages, type ConvertedPages } from '../../activities/conversion/convert-pages.ts'
import type { DuckDb } from '../../activities/conversion/duck-db.ts'
import type {
  ColumnDefinition,
  HttpSourceDefinition,
  SourceFormat,
} from '../../activities/index.ts'
import { readPage } from '../../activities/landing/read-page.ts'

/** One page made into a part in an empty folder, as a run does it. */
export async function convertBody(
  duckDb: DuckDb,
  format: SourceFormat,
  columns: readonly ColumnDefinition[],
  body: string,
  folder: string,
): Promise<ConvertedPages> {
  const source: HttpSourceDefinition = {
    kind: 'http',
    url: 'http://source.invalid',
    query: {},
    headers: {},
    format,
    records: [],
    next: { kind: 'none' },
  }
  const { records, recordsStart } = readPage(Buffer.from(body), { source, columns })
  const page = { key: 'page', digest: '', sizeBytes: body.length, records, recordsStart }
  return convertPages(duckDb, {
    columns,
    format,
    pages: [page],
    // A copy: pages are consumed.
    read: () => Promise.resolve(Buffer.from(body)),
    folder,
    signal: AbortSignal.timeout(120_000),
  })
}
