import { convertPages, type ConvertedPages } from '../../activities/conversion/convert-pages.ts'
import type { DuckDb } from '../../activities/conversion/duck-db.ts'
import type { ColumnDefinition, TextFormat } from '../../activities/index.ts'
import type { LandedPage } from '../../activities/landing/landed-batch.ts'
import { readPage } from '../../activities/landing/read-page.ts'

/**
 * What a load makes of pages, `page-0` and so on: read as they are fetched, then converted into a part
 * in an empty folder.
 */
export async function convertIntoFolder(
  duckDb: DuckDb,
  format: TextFormat,
  columns: readonly ColumnDefinition[],
  bodies: readonly (Buffer | string)[],
  folder: string,
): Promise<ConvertedPages> {
  const shape = { format, records: [], next: { kind: 'none' }, columns } as const
  const pages: LandedPage[] = bodies.map((body, index) => {
    const { records, recordsStart } = readPage(Buffer.from(body), shape)
    return { key: `page-${index}`, digest: '', sizeBytes: body.length, records, recordsStart }
  })
  return convertPages(duckDb, {
    columns,
    rules: { schema: 'discard' },
    format,
    pages,
    // A copy: pages are consumed.
    read: (page) => Promise.resolve(Buffer.from(bodies[pages.indexOf(page)] ?? '')),
    folder,
    signal: AbortSignal.timeout(120_000),
  })
}
