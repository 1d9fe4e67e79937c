import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClaimCheckError } from './claim-check-error.ts'
import { claimMalformed } from './claim-members.ts'
import type { ValueEncoding } from './claim.ts'

/** Text is handed on in pieces of about this many letters, with a turn of the event loop between. */
const pieceLetters = 64 * 1024

/** A value as bytes in pieces. Throws `VALUE_UNSUPPORTED` for what is neither JSON nor bytes. */
export function valueToPieces(value: unknown): {
  readonly encoding: ValueEncoding
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
} {
  if (value instanceof Uint8Array) return { encoding: 'binary/plain', pieces: [value] }
  if (Array.isArray(value)) return { encoding: 'json/rows', pieces: rowPieces(value) }
  return { encoding: 'json/plain', pieces: [Buffer.from(toJson(value))] }
}

/** The value that `valueToPieces` made these of. */
export async function piecesToValue(
  encoding: ValueEncoding,
  pieces: AsyncIterable<Uint8Array>,
  sizeBytes: number,
): Promise<unknown> {
  if (encoding === 'json/rows') return rowsOf(pieces)
  let whole = new Uint8Array()
  let filledBytes = 0
  for await (const piece of pieces) {
    if (filledBytes === 0) whole = roomFor(sizeBytes)
    whole.set(piece, filledBytes)
    filledBytes += piece.byteLength
  }
  return encoding === 'json/plain' ? parse(new TextDecoder().decode(whole)) : whole
}

/** A claim may say any size, since it comes from outside. */
function roomFor(sizeBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(sizeBytes)
  } catch (cause) {
    throw new ClaimCheckError(
      'PAYLOAD_TOO_LARGE',
      `There is no memory for a value of ${sizeBytes} bytes`,
      { remedy: 'Fetch it as a stream.', cause },
    )
  }
}

/** Element by element, so that a long array does not hold up the event loop. */
async function* rowPieces(rows: readonly unknown[]): AsyncGenerator<Uint8Array, void> {
  let text = '[\n'
  for (let index = 0; index < rows.length; index += 1) {
    // As JSON writes arrays: what has no form in it is null.
    text += (index === 0 ? '' : ',\n') + (stringify(rows[index]) ?? 'null')
    if (text.length < pieceLetters) continue
    yield Buffer.from(text)
    text = ''
    await nextTurn()
  }
  yield Buffer.from(`${text}\n]`)
}

/** A raw line break stands between elements only: inside a JSON string it is escaped. */
async function rowsOf(pieces: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const rows: unknown[] = []
  const decoder = new TextDecoder()
  let rest = ''
  let isFirst = true
  for await (const slice of slicesOf(pieces)) {
    const text = decoder.decode(slice, { stream: true })
    const cut = text.lastIndexOf('\n')
    if (cut < 0) {
      rest += text
      continue
    }
    const lines = rest + text.slice(0, cut)
    rest = text.slice(cut + 1)
    // The opening bracket stands on the first line, the closing one on the last.
    addRows(rows, isFirst ? lines.slice(1) : lines)
    isFirst = false
    await nextTurn()
  }
  if (rest !== ']') throw notAsEncoded()
  return rows
}

/** Short ones: several activities may parse in the same turn of the event loop. */
async function* slicesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    for (let start = 0; start < piece.byteLength; start += pieceLetters) {
      yield piece.subarray(start, start + pieceLetters)
    }
  }
}

/** Elements on whole lines, the last one perhaps with its comma. */
function addRows(rows: unknown[], lines: string): void {
  const parsed = parse(`[${lines.endsWith(',') ? lines.slice(0, -1) : lines}]`)
  if (!Array.isArray(parsed)) throw notAsEncoded()
  for (const row of parsed) rows.push(row)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not with its cause, which quotes what it read.
    throw notAsEncoded()
  }
}

function notAsEncoded(): ClaimCheckError {
  return claimMalformed('the bytes it names are not of its encoding')
}

function toJson(value: unknown): string {
  const text = loses(value) ? undefined : stringify(value)
  if (text !== undefined) return text
  throw new ClaimCheckError('VALUE_UNSUPPORTED', 'A value to be parked has no form in JSON', {
    remedy: 'Park JSON values or bytes; undefined, functions, maps and sets are neither.',
    at: { type: typeof value },
  })
}

/** What JSON would make an empty object of, in silence. */
function loses(value: unknown): boolean {
  return value instanceof Map || value instanceof Set || value instanceof ArrayBuffer
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw new ClaimCheckError('VALUE_UNSUPPORTED', 'A value to be parked cannot be JSON', {
      remedy: 'Park JSON values or bytes; BigInt and cycles are neither.',
      cause,
    })
  }
}
