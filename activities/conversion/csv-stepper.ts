import { bodyStart } from '../json/json-walk.ts'
import { PipelineError } from '../pipeline-error.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const quote = 0x22
const comma = 0x2c

/**
 * Steps over CSV (RFC 4180) record after record. A record ends at LF or CRLF outside of quotes; one
 * whose quotes are wrong ends at the next line end, so that it takes no more with it than it must.
 */
export class CsvStepper {
  readonly #body: Buffer
  /** Where the record starts, where its line end stands, and where the next one starts. */
  start = 0
  end = 0
  next: number
  /** Of the record's first line, from 1. */
  line = 0
  /** Line ends inside of its quotes. */
  innerLines = 0
  fields = 0
  /** Why it is no record, in words. */
  problem: string | undefined
  #nextLine = 1

  constructor(body: Buffer) {
    this.#body = body
    this.next = bodyStart(body)
  }

  /**
   * Goes on to the next record; false at the end of the body.
   *
   * @throws PipelineError SOURCE_MALFORMED when a quote is open there: the rest is missing, or that
   * quote should not be one, and what it takes in cannot be told from rows
   */
  step(): boolean {
    const body = this.#body
    if (this.next >= body.length) return false
    this.start = this.next
    this.line = this.#nextLine
    this.innerLines = 0
    this.fields = 1
    this.problem = undefined
    let index = this.start
    for (;;) {
      index = body[index] === quote ? this.#quoted(index) : this.#plain(index)
      if (body[index] !== comma || this.problem !== undefined) break
      this.fields += 1
      index += 1
    }
    const found =
      index < body.length && body[index] !== lineFeed ? body.indexOf(lineFeed, index) : index
    const stop = found === -1 ? body.length : found
    this.next = stop + 1
    this.end = stop > this.start && body[stop - 1] === carriageReturn ? stop - 1 : stop
    this.#nextLine = this.line + this.innerLines + 1
    return true
  }

  /** Steps over a quoted field; returns what comes after it. */
  #quoted(position: number): number {
    const body = this.#body
    const { length } = body
    let index = position + 1
    for (; ; index += 1) {
      if (index >= length) throw openQuote(this.line + this.#linesBefore(position))
      const byte = body[index]
      if (byte === lineFeed) this.innerLines += 1
      else if (byte === quote) {
        if (body[index + 1] !== quote) break
        index += 1
      }
    }
    index += 1
    if (!this.#endsField(index)) this.problem = 'something follows a closing quote'
    return index
  }

  /** Steps over a field without quotes. */
  #plain(position: number): number {
    const body = this.#body
    const { length } = body
    let index = position
    for (; index < length; index += 1) {
      const byte = body[index]
      if (byte === comma || byte === lineFeed) break
      if (byte === quote) {
        this.problem = 'a quote stands inside of a field without quotes'
        break
      }
      if (byte === carriageReturn) {
        if (!this.#endsField(index))
          this.problem = 'a bare carriage return stands outside of quotes'
        break
      }
    }
    return index
  }

  #endsField(index: number): boolean {
    const body = this.#body
    if (index >= body.length) return true
    const byte = body[index]
    if (byte === comma || byte === lineFeed) return true
    return byte === carriageReturn && (index + 1 === body.length || body[index + 1] === lineFeed)
  }

  #linesBefore(position: number): number {
    let lines = 0
    for (let index = this.start; index < position; index += 1) {
      if (this.#body[index] === lineFeed) lines += 1
    }
    return lines
  }
}

function openQuote(line: number): PipelineError {
  return new PipelineError(
    'SOURCE_MALFORMED',
    `the CSV body is malformed: the quote that opens on line ${line} is not closed`,
    {
      remedy:
        'Look at that line of what the source serves; a body that was cut short is fetched again.',
      retryable: true,
    },
  )
}
