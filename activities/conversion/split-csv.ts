import { isUtf8 } from 'node:buffer'
import { maxMalformedRecords, rawText, type MalformedRecord } from '../malformed-record.ts'
import { PipelineError } from '../pipeline-error.ts'
import { lengthProblem } from '../record-length.ts'
import { CsvStepper } from './csv-stepper.ts'
import {
  maxCsvHeaderBytes,
  readCsvHeader,
  requireDeclaredColumn,
  unreadableCsvHeader,
} from './read-csv-header.ts'

const lineFeed = 0x0a

export interface SplitCsv {
  /** Names of the columns, in order. */
  readonly header: readonly string[]
  /** The records without the header, each ended by LF. */
  readonly pieces: readonly Buffer[]
  /** Those that are malformed included. */
  readonly count: number
  readonly longestRecordBytes: number
  readonly malformed: readonly MalformedRecord[]
}

/**
 * Brings a CSV body into the form that DuckDB reads without a guess: no header, LF after each record,
 * as many fields in each as the header has. A record that has another number, wrong quotes, is not
 * UTF-8 or is too long is listed, and one without values stands in its place. One with wrong quotes
 * that is several lines long is listed line by line: how many rows it should have been, nobody knows.
 *
 * A blank line is no record, except where there is one column: then it is one without a value.
 *
 * Consumes `body`: the pieces are slices of it.
 *
 * @throws PipelineError CONVERSION_FAILED for a header that does not fit, SOURCE_MALFORMED for an open
 * quote
 */
export function splitCsv(
  body: Buffer,
  declared: ReadonlySet<string>,
  required: ReadonlySet<string> = declared,
): SplitCsv {
  const stepper = new CsvStepper(body)
  const header = readCsvHeader(headerOf(body, stepper), declared, required)
  const empty = Buffer.from(header.length === 1 ? '""\n' : `${','.repeat(header.length - 1)}\n`)
  const isText = isUtf8(body)
  const malformed: MalformedRecord[] = []
  const pieces: Buffer[] = []
  let count = 0
  let longestRecordBytes = 0
  // The records from `from` to `to` stand one after the other already.
  let from = stepper.next
  let to = stepper.next

  const setAside = (start: number, end: number, line: number, reason: string): void => {
    if (malformed.length === maxMalformedRecords) throw tooMany()
    malformed.push({ record: count, line, reason, raw: rawText(body, start, end) })
    pieces.push(empty)
    count += 1
  }

  while (stepper.step()) {
    const { start, end, line } = stepper
    if (start === end && header.length > 1) continue
    const problem = problemOf(body, stepper, header.length, isText)
    if (problem === undefined) {
      if (to !== start) body.copyWithin(to, start, end)
      to += end - start
      longestRecordBytes = Math.max(longestRecordBytes, end - start)
      count += 1
      if (to < body.length) body[to] = lineFeed
      else pieces.push(body.subarray(from, to), Buffer.from('\n'))
      to += 1
      if (to > body.length) from = to
      continue
    }
    pieces.push(body.subarray(from, to))
    if (stepper.problem === undefined) setAside(start, end, line, problem)
    else eachLineOf(body, stepper, (from_, to_, at) => setAside(from_, to_, at, problem))
    from = stepper.next
    to = stepper.next
  }
  pieces.push(body.subarray(from, to))
  return { header, pieces, count, longestRecordBytes, malformed }
}

/**
 * How many records a CSV body has, as `splitCsv` counts them.
 *
 * @throws PipelineError CONVERSION_FAILED, SOURCE_MALFORMED like `splitCsv`, and the latter for a header
 * without any declared column
 */
export function countCsvRecords(
  body: Buffer,
  declared: ReadonlySet<string>,
  required: ReadonlySet<string> = declared,
): number {
  const stepper = new CsvStepper(body)
  const header = headerOf(body, stepper)
  requireDeclaredColumn(readCsvHeader(header, new Set()), declared)
  const { length } = readCsvHeader(header, declared, required)
  let count = 0
  while (stepper.step()) {
    if (stepper.start === stepper.end && length > 1) continue
    count += stepper.problem === undefined ? 1 : stepper.innerLines + 1
  }
  return count
}

function headerOf(body: Buffer, stepper: CsvStepper): Buffer {
  const header = stepper.step() ? body.subarray(stepper.start, stepper.end) : Buffer.alloc(0)
  const isSound = stepper.problem === undefined && isUtf8(header)
  if (!isSound || header.length > maxCsvHeaderBytes) throw unreadableCsvHeader()
  return header
}

function problemOf(
  body: Buffer,
  { start, end, fields, problem }: CsvStepper,
  columns: number,
  isText: boolean,
): string | undefined {
  if (problem !== undefined) return problem
  if (fields !== columns) return `the record has ${fields} fields, the header ${columns}`
  if (!isText && !isUtf8(body.subarray(start, end))) return 'the record is not UTF-8'
  return lengthProblem(end - start)
}

function eachLineOf(
  body: Buffer,
  { start, end, line, innerLines }: CsvStepper,
  visit: (start: number, end: number, line: number) => void,
): void {
  let index = start
  for (let inner = 0; inner <= innerLines; inner += 1) {
    const found = body.indexOf(lineFeed, index)
    const stop = found === -1 || found > end ? end : found
    visit(index, stop, line + inner)
    index = stop + 1
  }
}

function tooMany(): PipelineError {
  return new PipelineError('SOURCE_MALFORMED', 'too many records of the CSV body are malformed', {
    remedy:
      'Compare what the source serves with RFC 4180: commas, and quotes doubled inside of quotes.',
  })
}
