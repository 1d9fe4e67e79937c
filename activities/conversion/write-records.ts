import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExtractedField } from '../json/extract-fields.ts'
import { recordsPlace, splitRecords } from '../json/split-records.ts'
import type { LandedPage } from '../landing/landed-batch.ts'
import type { MalformedRecord } from '../malformed-record.ts'
import type { SourceFormat } from '../source-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import { recordsLost } from './records-lost.ts'
import { RecordsWriter } from './records-writer.ts'
import type { MalformedLine, RecordsFile } from './convert-records.ts'
import { splitCsv } from './split-csv.ts'
import { splitPlain } from './split-plain.ts'

export interface WriteRecordsInput {
  readonly folder: string
  readonly format: SourceFormat
  /** Declared fields of a record. */
  readonly fields: ReadonlySet<string>
  /** Of these the ones that a CSV header may not lack. */
  readonly required: ReadonlySet<string>
  readonly extracted: readonly ExtractedField[]
  readonly pages: readonly LandedPage[]
  readonly read: (page: LandedPage) => Promise<Buffer>
  /** A second look, at what DuckDB has refused; see `SplitOptions`. */
  readonly strict: boolean
}

export interface WrittenRecords extends RecordsFile {
  /** What the pages hold, malformed records included. */
  readonly recordCount: number
}

interface SplitPage {
  readonly header?: readonly string[]
  readonly pieces: readonly Buffer[]
  readonly count: number
  readonly longestRecordBytes: number
  readonly malformed: readonly MalformedRecord[]
}

/** A page of this size at most is read, and written, while another one is split. */
const asideBytes = 8 * 1024 * 1024

/**
 * Writes a batch's records to local files in the form that `convertRecords` reads, page after page:
 * memory holds one page at a time, and small ones beside it.
 *
 * @throws PipelineError SOURCE_MALFORMED, CONVERSION_FAILED, and ROWS_LOST when a page has another
 * number of records than it was landed with
 */
export async function writeRecords(input: WriteRecordsInput): Promise<WrittenRecords> {
  const { folder, format, strict } = input
  // A second look gets names of its own: the first may have made more files.
  const files = new RecordsWriter(folder, strict ? 'records-again' : 'records', format)
  const starts: { key: string; firstRecord: number }[] = []
  const malformedPath = join(folder, 'malformed.ndjson')
  const malformed = await open(malformedPath, 'w')
  let header: readonly string[] | undefined
  let recordCount = 0
  let malformedCount = 0
  let longestRecordBytes = 0
  let writing = Promise.resolve()
  try {
    for await (const { page, body } of readAhead(input)) {
      const split = splitPage(input, page, body)
      if (page.records !== null && page.records !== split.count) throw lost(page, split.count)
      header ??= split.header
      if (JSON.stringify(header) !== JSON.stringify(split.header)) throw otherHeader(page)
      await writing
      writing = files.write(split.pieces)
      // Whoever waits for it hears of its failure.
      writing.catch(() => undefined)
      if (page.sizeBytes > asideBytes) await writing
      const lines = split.malformed.map((record) => toLine(record, recordCount))
      if (lines.length > 0) await malformed.writeFile(lines.join(''))
      if (split.count > 0) starts.push({ key: page.key, firstRecord: recordCount })
      recordCount += split.count
      malformedCount += split.malformed.length
      longestRecordBytes = Math.max(longestRecordBytes, split.longestRecordBytes)
    }
    await writing
  } finally {
    await writing.catch(() => undefined)
    await files.finish()
    await malformed.close()
  }
  return {
    path: files.pattern,
    paths: files.paths,
    format,
    header,
    pages: starts,
    longestRecordBytes,
    recordCount,
    size: { records: recordCount, bytes: files.sizeBytes },
    malformed: { path: malformedPath, count: malformedCount },
  }
}

/** The pages in order, each with its bytes. */
async function* readAhead({
  pages,
  read,
}: WriteRecordsInput): AsyncGenerator<{ page: LandedPage; body: Buffer }> {
  let ahead: Promise<Buffer> | undefined
  for (const [index, page] of pages.entries()) {
    const body = await (ahead ?? read(page))
    const next = pages[index + 1]
    ahead = next !== undefined && next.sizeBytes <= asideBytes ? read(next) : undefined
    // Whoever asks for it hears of its failure; nobody asks once a page before it has failed.
    ahead?.catch(() => undefined)
    yield { page, body }
  }
}

function splitPage(input: WriteRecordsInput, page: LandedPage, body: Buffer): SplitPage {
  const { format, fields, required, extracted, strict } = input
  try {
    if (format === 'csv') return splitCsv(body, fields, required)
    const place = recordsPlace(page.recordsStart)
    const plain = strict || extracted.length > 0 ? undefined : splitPlain(body, place)
    if (plain !== undefined) return plain
    return splitRecords(body, place, { extracted, ...(strict ? { strict: { fields } } : {}) })
  } catch (cause) {
    if (!(cause instanceof PipelineError) || !cause.retryable) throw cause
    // What is landed stays as it is: trying again reads the same bytes.
    throw new PipelineError(cause.code, cause.message, {
      at: { page: page.key },
      remedy: 'Look at that page; when the source serves it right, start the run with --refetch.',
    })
  }
}

function otherHeader(page: LandedPage): PipelineError {
  return new PipelineError('CONVERSION_FAILED', 'pages of one batch have different CSV headers', {
    at: { page: page.key },
    remedy: 'Compare what the source serves: the columns must stay the same within a batch.',
  })
}

function toLine({ record, ...malformed }: MalformedRecord, pageStart: number): string {
  const line: MalformedLine = { position: pageStart + record, ...malformed }
  return `${JSON.stringify(line)}\n`
}

function lost(page: LandedPage, count: number): PipelineError {
  const message = `a page was landed with ${page.records} records and ${count} were read from it`
  return recordsLost(message, page.key)
}
