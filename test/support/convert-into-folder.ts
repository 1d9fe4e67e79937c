import { convertPages, type ConvertedPages } from '../../activities/conversion/convert-pages.ts'
import type { DuckDb } from '../../activities/conversion/duck-db.ts'
import type { ColumnDefinition, SourceFormat } from '../../activities/index.ts'
import type { LandedPage } from '../../activities/landing/landed-batch.ts'
import { readPage } from '../../activities/landing/read-page.ts'
import { readParquetFooter } from '../../activities/parquet/parquet-footer.ts'
import type { SchemaRule } from '../../activities/pipeline-definition.ts'

/**
 * What a load makes of pages, `page-0` and so on: read as they are fetched, then converted into a part
 * in an empty folder.
 */
export async function convertIntoFolder(
  duckDb: DuckDb,
  format: SourceFormat,
  columns: readonly ColumnDefinition[],
  bodies: readonly (Buffer | string)[],
  folder: string,
  schema: SchemaRule = 'discard',
): Promise<ConvertedPages> {
  const pages = await landedPagesOf(format, columns, bodies)
  return convertPages(duckDb, {
    columns,
    rules: { schema },
    format,
    pages,
    // A copy: pages are consumed.
    read: (page) => Promise.resolve(Buffer.from(bodies[pages.indexOf(page)] ?? '')),
    folder,
    signal: AbortSignal.timeout(120_000),
  })
}

/** The pages `page-0` and so on, as a landing has them of these bodies. */
export async function landedPagesOf(
  format: SourceFormat,
  columns: readonly ColumnDefinition[],
  bodies: readonly (Buffer | string)[],
): Promise<LandedPage[]> {
  const pages: LandedPage[] = []
  for (const body of bodies) {
    const counted = await countRecords(format, columns, Buffer.from(body))
    pages.push({ key: `page-${pages.length}`, digest: '', sizeBytes: body.length, ...counted })
  }
  return pages
}

async function countRecords(
  format: SourceFormat,
  columns: readonly ColumnDefinition[],
  body: Buffer,
): Promise<Pick<LandedPage, 'records' | 'recordsStart'>> {
  if (format !== 'parquet') {
    return readPage(body, { format, records: [], next: { kind: 'none' }, columns })
  }
  const read = (start: number, end: number) => Promise.resolve(body.subarray(start, end))
  const { rows } = await readParquetFooter(body.length, read)
  return { records: rows, recordsStart: null }
}
