import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClaimCheckError } from './claim-check-error.ts'
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
  const whole = new Uint8Array(sizeBytes)
  let filledBytes = 0
  for await (const piece of pieces) {
    whole.set(piece, filledBytes)
    filledBytes += piece.byteLength
  }
  if (encoding !== 'json/plain') return whole
  return JSON.parse(new TextDecoder().decode(whole))
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
  for await (const piece of pieces) {
    const text = rest + decoder.decode(piece, { stream: true })
    const cut = text.lastIndexOf('\n')
    rest = text.slice(cut + 1)
    if (cut < 0) continue
    // The opening bracket stands on the first line, the closing one on the last.
    addRows(rows, text.slice(isFirst ? 1 : 0, cut))
    isFirst = false
    await nextTurn()
  }
  if (rest !== ']') throw new SyntaxError('rows that do not end')
  return rows
}

/** Elements on whole lines, the last one perhaps with its comma. */
function addRows(rows: unknown[], lines: string): void {
  const parsed: unknown = JSON.parse(`[${lines.endsWith(',') ? lines.slice(0, -1) : lines}]`)
  if (!Array.isArray(parsed)) throw new SyntaxError('rows that are no array')
  for (const row of parsed) rows.push(row)
}

function toJson(value: unknown): string {
  const text = stringify(value)
  if (text !== undefined) return text
  throw new ClaimCheckError('VALUE_UNSUPPORTED', 'A value to be parked has no form in JSON', {
    remedy: 'Park JSON values or bytes; undefined, functions and symbols are neither.',
    at: { type: typeof value },
  })
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
