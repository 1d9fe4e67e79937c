import { maxMalformedRecords, rawText, type MalformedRecord } from '../malformed-record.ts'
import { lengthProblem } from '../record-length.ts'
import { BodyEdits } from './body-edits.ts'
import { checkedRecord, type NumberSpan } from './check-record.ts'
import { duplicateProblem, textProblem } from './check-text.ts'
import { eachLine } from './each-line.ts'
import { extractFields, quoteBytes, type ExtractedField } from './extract-fields.ts'
import { lineEndProblem, unfold } from './inner-line-ends.ts'
import {
  eachElement,
  MalformedJsonError,
  malformedJson,
  skipContainer,
  skipSpace,
  skipValue,
} from './json-walk.ts'

const lineEnd = 0x0a
const space = 0x20
/** What stands in for a record that was set aside, so that positions stay what they were. */
const nothing = Buffer.from('{}')
const lastLineEnd = Buffer.from('\n')

/** Where records stand in a body: in an array that opens at a position, or one a line. */
export type RecordsPlace =
  | { readonly kind: 'array'; readonly start: number }
  | { readonly kind: 'lines' }

/** @param recordsStart As `PageEnvelope` has it. */
export function recordsPlace(recordsStart: number | null): RecordsPlace {
  return recordsStart === null ? { kind: 'lines' } : { kind: 'array', start: recordsStart }
}

export interface SplitOptions {
  /**
   * Declared fields: given for a second look, which finds each record that DuckDB would refuse the
   * whole file for. It costs more than everything else together.
   */
  readonly strict?: { readonly fields: ReadonlySet<string> } | undefined
  /** Put first into each record, under their names. */
  readonly extracted?: readonly ExtractedField[] | undefined
}

export interface SplitRecords {
  readonly pieces: readonly Buffer[]
  /** Those that are malformed included. */
  readonly count: number
  /** An upper bound of the longest line. */
  readonly longestRecordBytes: number
  readonly malformed: readonly MalformedRecord[]
}

/**
 * Turns records into NDJSON for DuckDB, one line a record, returned as pieces to write one after the
 * other. A record that is no JSON object, or is too long, is listed, and `{}` stands in its place.
 *
 * DuckDB's reader passes every number but 64-bit integers through a double, so numbers with a
 * fraction, an exponent or many digits (also inside nested values) are given to it as JSON strings of
 * the source's own text: a column read as VARCHAR then has the exact digits.
 *
 * Consumes `body`: the pieces are slices of it, with separators replaced in place.
 *
 * @throws PipelineError SOURCE_MALFORMED when the array is not one, or the last line was cut off
 */
export function splitRecords(
  body: Buffer,
  place: RecordsPlace,
  options: SplitOptions = {},
): SplitRecords {
  const splitter = new Splitter(body, options)
  if (place.kind === 'array') splitter.array(place.start)
  else splitter.lines()
  return splitter.finish()
}

/**
 * How many records a body of one JSON object a line holds, those that are malformed included.
 *
 * @throws PipelineError SOURCE_MALFORMED when the last line was cut off, or no line is an object: that
 * is another kind of body
 */
export function countRecords(body: Buffer): number {
  let count = 0
  let hasObject = false
  let firstStart = 0
  eachLine(body, (start, end, _line, isEnded) => {
    if (count === 0) firstStart = start
    count += 1
    if (hasObject && isEnded) return
    const problem = quickProblem(body.subarray(start, end))
    if (problem === undefined) hasObject = true
    else if (!isEnded) refuseCutOff(body, start, end)
  })
  if (count > 0 && !hasObject) throw malformedJson('no line is a JSON object', firstStart)
  return count
}

class Splitter {
  readonly #body: Buffer
  readonly #options: SplitOptions
  /** The next line feed and carriage return. */
  readonly #nextBreaks = { lf: -1, cr: -1 }
  readonly #edits: BodyEdits
  readonly #malformed: MalformedRecord[] = []
  #count = 0
  #firstStart = 0
  #previousEnd = 0
  #longestRecordBytes = 0
  #longestExtractBytes = 0

  constructor(body: Buffer, options: SplitOptions) {
    this.#body = body
    this.#options = options
    this.#edits = new BodyEdits(body)
  }

  array(open: number): void {
    const body = this.#body
    eachElement(body, open, (start) => {
      let end: number
      let problem: string | undefined
      let hasLineEnds = false
      const numbers: NumberSpan[] = []
      try {
        end = checkedRecord(body, start, numbers)
        // NDJSON has no line ends between tokens; one inside a string is no JSON.
        hasLineEnds = this.#hasLineEnds(start, end)
        if (hasLineEnds) problem = lineEndProblem(body, start, end)
      } catch (error) {
        end = skipValue(body, start)
        // What is longer than a string can be fails in other ways than by its syntax.
        problem = lengthProblem(end - start) ?? reasonOf(error)
      }
      problem ??= lengthProblem(end - start) ?? this.#deeperProblem(start, end)
      problem ??= this.#extract(start)
      if (problem === undefined && hasLineEnds) unfold(body, start, end)
      this.#add(start, end, null, problem, numbers)
      return end
    })
  }

  lines(): void {
    const body = this.#body
    let isSound = true
    eachLine(body, (start, end, line, isEnded) => {
      let numbers: NumberSpan[] = []
      let problem: string | undefined
      // What is not closed reaches into other lines: as soon as that may be, each line is looked at in
      // a view of its own, which costs more than the look.
      isSound &&= lengthProblem(end - start) === undefined && isObject(body, start, end, numbers)
      if (!isSound) {
        numbers = []
        problem = quickProblem(body.subarray(start, end), numbers)
        numbers = numbers.map((span) => ({ start: span.start + start, end: span.end + start }))
        if (problem !== undefined && !isEnded) refuseCutOff(body, start, end)
      }
      problem ??= lengthProblem(end - start) ?? this.#deeperProblem(start, end)
      problem ??= this.#extract(start)
      this.#add(start, end, line, problem, numbers)
    })
  }

  finish(): SplitRecords {
    const isEmpty = this.#count === 0
    return {
      pieces: isEmpty ? [] : this.#edits.pieces(this.#firstStart, this.#previousEnd, lastLineEnd),
      count: this.#count,
      longestRecordBytes: this.#longestRecordBytes + this.#longestExtractBytes,
      malformed: this.#malformed,
    }
  }

  #hasLineEnds(start: number, end: number): boolean {
    const breaks = this.#nextBreaks
    if (breaks.lf < start) breaks.lf = indexFrom(this.#body, lineEnd, start)
    if (breaks.cr < start) breaks.cr = indexFrom(this.#body, 0x0d, start)
    return breaks.lf < end || breaks.cr < end
  }

  /** Before line ends between tokens go: JSON keeps its own. Returns why nothing can be extracted. */
  #extract(start: number): string | undefined {
    const { extracted = [] } = this.#options
    if (extracted.length === 0) return undefined
    const problems: string[] = []
    const by = extractFields(this.#body, start, extracted, problems)
    if (problems.length > 0) return problems[0]
    if (by.length === 0) return undefined
    this.#edits.replace(start + 1, start + 1, by)
    this.#longestExtractBytes = Math.max(this.#longestExtractBytes, by.length)
    return undefined
  }

  /** What only a look at the whole record tells. */
  #deeperProblem(start: number, end: number): string | undefined {
    const { strict } = this.#options
    if (strict === undefined) return undefined
    const record = this.#body.subarray(start, end)
    return textProblem(record) ?? duplicateProblem(record, strict.fields)
  }

  #add(
    start: number,
    end: number,
    line: number | null,
    problem: string | undefined,
    numbers: readonly NumberSpan[],
  ): void {
    const body = this.#body
    let lineBytes = end - start
    if (problem === undefined) {
      for (const span of numbers) lineBytes += this.#quote(span)
    } else {
      if (this.#malformed.length === maxMalformedRecords) {
        throw malformedJson('too many records are malformed', start)
      }
      const raw = rawText(body, start, end)
      this.#malformed.push({ record: this.#count, line, reason: problem, raw })
      this.#edits.replace(start, end, nothing)
      lineBytes = nothing.length
    }
    this.#longestRecordBytes = Math.max(this.#longestRecordBytes, lineBytes)
    // What stands between two records becomes one line end.
    if (this.#count === 0) this.#firstStart = start
    else {
      body[this.#previousEnd] = lineEnd
      if (start - this.#previousEnd > 1) body.fill(space, this.#previousEnd + 1, start)
    }
    this.#count += 1
    this.#previousEnd = end
  }

  /** Returns by how many bytes the record becomes longer. */
  #quote({ start, end }: NumberSpan): number {
    const first = this.#body[start]
    if (first !== 0x7b && first !== 0x5b) {
      this.#edits.quote(start, end)
      return 2
    }
    const by = quoteBytes(this.#body.subarray(start, end))
    this.#edits.replace(start, end, by)
    return by.length - (end - start)
  }
}

/** Whether an object, and nothing else, stands between two positions. */
function isObject(body: Buffer, start: number, end: number, numbers: NumberSpan[]): boolean {
  try {
    return checkedRecord(body, start, numbers) === end
  } catch (error) {
    reasonOf(error)
    return false
  }
}

function quickProblem(record: Buffer, numbers: NumberSpan[] = []): string | undefined {
  try {
    const isLong = lengthProblem(record.length) !== undefined
    const end = isLong ? skipObject(record) : checkedRecord(record, 0, numbers)
    return end === record.length ? undefined : 'something follows the object on its line'
  } catch (error) {
    return reasonOf(error)
  }
}

/** Where the object ends, by its brackets: a long one is not read as text. */
function skipObject(record: Buffer): number {
  if (record[0] !== 0x7b) throw malformedJson('the record is not an object', 0)
  return skipContainer(record, 0)
}

/** A last line without its line end that is no whole JSON either: the rest of the body is missing. */
function refuseCutOff(body: Buffer, start: number, end: number): void {
  const line = body.subarray(start, end)
  const isLong = lengthProblem(line.length) !== undefined
  if (!isLong && textProblem(line) === undefined) return
  try {
    // More than one value, the first of which is whole; or one that is too long to be read as text.
    if (skipSpace(line, skipValue(line, 0)) < line.length || isLong) return
  } catch {
    // It does not end.
  }
  throw malformedJson('the last line was cut off', start)
}

function indexFrom(body: Buffer, byte: number, start: number): number {
  const found = body.indexOf(byte, start)
  return found === -1 ? body.length : found
}

function reasonOf(error: unknown): string {
  if (error instanceof MalformedJsonError) return error.reason
  throw error
}
