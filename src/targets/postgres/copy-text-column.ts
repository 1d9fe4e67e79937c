import type { CopyColumn } from './copy-column.ts'
import type { CopyWriter } from './copy-writer.ts'
import { numericBytes, writeNumeric } from './numeric-digits.ts'
import { type ColumnPlace, unwritableValue } from './unwritable-value.ts'

/** Up to here a loop over the characters beats a call into the runtime. */
const SHORT_TEXT = 40
/** From here on the exact length is worth counting: three bytes a character would be too much. */
const LONG_TEXT = 4096

interface TextVector {
  readonly nulls: Uint8Array
  readonly values: readonly string[]
}

export class TextColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: readonly string[]
  private readonly place: ColumnPlace

  constructor({ nulls, values }: TextVector, place: ColumnPlace) {
    this.nulls = nulls
    this.values = values
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const text = this.values[row] ?? ''
    if (text.length > SHORT_TEXT || !writeShortAscii(writer, text)) this.writeAny(writer, row, text)
  }

  private writeAny(writer: CopyWriter, row: number, text: string): void {
    if (text.includes('\0')) throw unwritableValue(this.place, row, 'holds a NUL character')
    if (!text.isWellFormed()) {
      throw unwritableValue(this.place, row, 'holds half of a surrogate pair')
    }
    writer.reserve(4 + (text.length > LONG_TEXT ? Buffer.byteLength(text) : text.length * 3))
    const bytes = writer.buffer.write(text, writer.at + 4, 'utf8')
    writer.view.setInt32(writer.at, bytes)
    writer.at += 4 + bytes
  }
}

/** Writes nothing and returns false where a character is not one plain byte. */
function writeShortAscii(writer: CopyWriter, text: string): boolean {
  const { length } = text
  writer.reserve(4 + length)
  const { buffer, at } = writer
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 0x7f || code === 0) return false
    buffer[at + 4 + index] = code
  }
  writer.view.setInt32(at, length)
  writer.at = at + 4 + length
  return true
}

export class NumericColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: readonly string[]
  private readonly place: ColumnPlace

  constructor({ nulls, values }: TextVector, place: ColumnPlace) {
    this.nulls = nulls
    this.values = values
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const text = this.values[row] ?? ''
    writer.reserve(4 + numericBytes(text.length))
    const end = writeNumeric(writer.view, writer.at + 4, text)
    if (end === -1) throw unwritableValue(this.place, row, 'is not a decimal number')
    writer.view.setInt32(writer.at, end - writer.at - 4)
    writer.at = end
  }
}

export class UuidColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: readonly string[]
  private readonly place: ColumnPlace

  constructor({ nulls, values }: TextVector, place: ColumnPlace) {
    this.nulls = nulls
    this.values = values
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const text = this.values[row] ?? ''
    writer.reserve(20)
    if (!UUID.test(text)) throw unwritableValue(this.place, row, 'is not a canonical uuid')
    writer.view.setInt32(writer.at, 16)
    writer.buffer.write(text.replaceAll('-', ''), writer.at + 4, 'hex')
    writer.at += 20
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
