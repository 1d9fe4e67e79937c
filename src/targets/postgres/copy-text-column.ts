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
  private readonly version: number | undefined

  /** `version` is a byte that stands before the text. */
  constructor({ nulls, values }: TextVector, place: ColumnPlace, version?: number) {
    this.nulls = nulls
    this.values = values
    this.place = place
    this.version = version
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const text = this.values[row] ?? ''
    if (this.version === undefined && text.length <= SHORT_TEXT && writeShortAscii(writer, text)) {
      return
    }
    this.writeAny(writer, row, text)
  }

  private writeAny(writer: CopyWriter, row: number, text: string): void {
    if (text.includes('\0')) throw unwritableValue(this.place, row, 'holds a NUL character')
    if (!text.isWellFormed()) {
      throw unwritableValue(this.place, row, 'holds half of a surrogate pair')
    }
    const before = this.version === undefined ? 0 : 1
    const most = text.length > LONG_TEXT ? Buffer.byteLength(text) : text.length * 3
    writer.reserve(4 + before + most)
    if (this.version !== undefined) writer.view.setUint8(writer.at + 4, this.version)
    const bytes = before + writer.buffer.write(text, writer.at + 4 + before, 'utf8')
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

export class BytesColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: readonly Uint8Array[]

  constructor({ nulls, values }: { nulls: Uint8Array; values: readonly Uint8Array[] }) {
    this.nulls = nulls
    this.values = values
  }

  write(writer: CopyWriter, row: number): void {
    const bytes = this.values[row]
    if (bytes === undefined || this.nulls[row] === 1) return writer.null()
    writer.reserve(4 + bytes.length)
    writer.view.setInt32(writer.at, bytes.length)
    writer.buffer.set(bytes, writer.at + 4)
    writer.at += 4 + bytes.length
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
