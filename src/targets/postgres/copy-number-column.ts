import { endianness } from 'node:os'
import type { CopyColumn } from './copy-column.ts'
import type { CopyWriter } from './copy-writer.ts'
import { type ColumnPlace, unwritableValue } from './unwritable-value.ts'

/** Which 32-bit word of a 64-bit one comes first in this machine's memory. */
export const LOW_WORD = endianness() === 'LE' ? 0 : 1
export const HIGH_WORD = 1 - LOW_WORD

/** The same memory as pairs of 32-bit words: arithmetic on BigInt costs several times more. */
export function wordsOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2)
}

interface Vector<Values> {
  readonly nulls: Uint8Array
  readonly values: Values
}

export class SmallintColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: Int32Array
  private readonly place: ColumnPlace

  constructor({ nulls, values }: Vector<Int32Array>, place: ColumnPlace) {
    this.nulls = nulls
    this.values = values
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const value = this.values[row] ?? 0
    if (value < -0x8000 || value > 0x7fff) {
      throw unwritableValue(this.place, row, 'does not fit into a smallint')
    }
    writer.reserve(6)
    writer.view.setInt32(writer.at, 2)
    writer.view.setInt16(writer.at + 4, value)
    writer.at += 6
  }
}

export class Int32Column implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: Int32Array

  constructor({ nulls, values }: Vector<Int32Array>) {
    this.nulls = nulls
    this.values = values
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    writer.int32(this.values[row] ?? 0)
  }
}

export class Int64Column implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly words: Int32Array

  constructor({ nulls, values }: Vector<BigInt64Array>) {
    this.nulls = nulls
    this.words = wordsOf(values)
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    writer.int64(this.words[row * 2 + HIGH_WORD] ?? 0, this.words[row * 2 + LOW_WORD] ?? 0)
  }
}

export class DoubleColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: Float64Array

  constructor({ nulls, values }: Vector<Float64Array>) {
    this.nulls = nulls
    this.values = values
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    writer.reserve(12)
    writer.view.setInt32(writer.at, 8)
    writer.view.setFloat64(writer.at + 4, this.values[row] ?? 0)
    writer.at += 12
  }
}

export class BooleanColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: Uint8Array

  constructor({ nulls, values }: Vector<Uint8Array>) {
    this.nulls = nulls
    this.values = values
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    writer.reserve(5)
    writer.view.setInt32(writer.at, 1)
    writer.view.setInt8(writer.at + 4, this.values[row] === 0 ? 0 : 1)
    writer.at += 5
  }
}
