import { packedAt, packedStart, type PackedValues } from '../../../activities/packed-values.ts'
import type { CopyColumn } from './copy-column.ts'
import type { CopyWriter } from './copy-writer.ts'
import { numericBytes, writeNumeric } from './numeric-digits.ts'
import { type ColumnPlace, unwritableValue } from './unwritable-value.ts'

type PackedVector = PackedValues & { readonly nulls: Uint8Array }

export class BytesColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly bytes: Buffer
  private readonly ends: Float64Array
  private readonly version: number | undefined

  /** `version` is a byte that stands before each value. */
  constructor({ nulls, bytes, ends }: PackedVector, version?: number) {
    this.nulls = nulls
    this.bytes = bytes
    this.ends = ends
    this.version = version
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    writer.bytes(this.bytes, packedStart(this.ends, row), this.ends[row] ?? 0, this.version)
  }
}

/** That the bytes are UTF-8 PostgreSQL sees by itself. */
export class TextColumn implements CopyColumn {
  private readonly vector: PackedVector
  private readonly values: BytesColumn
  private readonly place: ColumnPlace
  private readonly hasNul: boolean

  constructor(vector: PackedVector, place: ColumnPlace, version?: number) {
    this.vector = vector
    this.values = new BytesColumn(vector, version)
    this.place = place
    this.hasNul = vector.bytes.includes(0)
  }

  write(writer: CopyWriter, row: number): void {
    if (this.hasNul && packedAt(this.vector, row).includes(0)) {
      throw unwritableValue(this.place, row, 'holds a NUL character')
    }
    this.values.write(writer, row)
  }
}

export class NumericColumn implements CopyColumn {
  private readonly vector: PackedVector
  private readonly place: ColumnPlace

  constructor(vector: PackedVector, place: ColumnPlace) {
    this.vector = vector
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.vector.nulls[row] === 1) return writer.null()
    const text = packedAt(this.vector, row).toString('latin1')
    writer.reserve(4 + numericBytes(text.length))
    const end = writeNumeric(writer.view, writer.at + 4, text)
    if (end === -1) throw unwritableValue(this.place, row, 'is not a decimal number')
    writer.view.setInt32(writer.at, end - writer.at - 4)
    writer.at = end
  }
}

export class UuidColumn implements CopyColumn {
  private readonly vector: PackedVector
  private readonly place: ColumnPlace

  constructor(vector: PackedVector, place: ColumnPlace) {
    this.vector = vector
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.vector.nulls[row] === 1) return writer.null()
    const text = packedAt(this.vector, row).toString('latin1')
    writer.reserve(20)
    if (!UUID.test(text)) throw unwritableValue(this.place, row, 'is not a canonical uuid')
    writer.view.setInt32(writer.at, 16)
    writer.buffer.write(text.replaceAll('-', ''), writer.at + 4, 'hex')
    writer.at += 20
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
