import type { CopyColumn } from './copy-column.ts'
import { HIGH_WORD, LOW_WORD, wordsOf } from './copy-number-column.ts'
import {
  DATE_INFINITY,
  DATE_MINUS_INFINITY,
  END_DATE,
  EPOCH_DAYS,
  EPOCH_HIGH,
  EPOCH_LOW,
  INFINITY_HIGH,
  INFINITY_LOW,
  MIN_DATE,
  MIN_HIGH,
  MIN_LOW,
  MINUS_INFINITY_HIGH,
  MINUS_INFINITY_LOW,
} from './copy-time-range.ts'
import type { CopyWriter } from './copy-writer.ts'
import { type ColumnPlace, unwritableValue } from './unwritable-value.ts'

/** Days since 1970 as days since 2000. */
export class DateColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly values: Int32Array
  private readonly place: ColumnPlace

  constructor(vector: { nulls: Uint8Array; values: Int32Array }, place: ColumnPlace) {
    this.nulls = vector.nulls
    this.values = vector.values
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const days = this.values[row] ?? 0
    if (days >= MIN_DATE && days < END_DATE) return writer.int32(days - EPOCH_DAYS)
    if (days === DATE_INFINITY) return writer.int32(0x7fff_ffff)
    if (days === DATE_MINUS_INFINITY) return writer.int32(-0x8000_0000)
    throw unwritableValue(this.place, row, 'is a date that PostgreSQL does not have')
  }
}

/** Microseconds since 1970 as microseconds since 2000, exact over the whole range. */
export class TimestampColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly words: Int32Array
  private readonly place: ColumnPlace

  constructor(vector: { nulls: Uint8Array; values: BigInt64Array }, place: ColumnPlace) {
    this.nulls = vector.nulls
    this.words = wordsOf(vector.values)
    this.place = place
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const high = this.words[row * 2 + HIGH_WORD] ?? 0
    const low = (this.words[row * 2 + LOW_WORD] ?? 0) >>> 0
    if (high === INFINITY_HIGH && low === INFINITY_LOW) return writer.int64(0x7fff_ffff, -1)
    if (high > MIN_HIGH || (high === MIN_HIGH && low >= MIN_LOW)) {
      const difference = low - EPOCH_LOW
      return writer.int64(high - EPOCH_HIGH - (difference < 0 ? 1 : 0), difference)
    }
    if (high === MINUS_INFINITY_HIGH && low === MINUS_INFINITY_LOW) {
      return writer.int64(-0x8000_0000, 0)
    }
    throw unwritableValue(this.place, row, 'is a time that PostgreSQL does not have')
  }
}

/** Microseconds since midnight, as PostgreSQL counts them too. */
export class TimeColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly words: Int32Array

  constructor(vector: { nulls: Uint8Array; values: BigInt64Array }) {
    this.nulls = vector.nulls
    this.words = wordsOf(vector.values)
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    writer.int64(this.words[row * 2 + HIGH_WORD] ?? 0, this.words[row * 2 + LOW_WORD] ?? 0)
  }
}
