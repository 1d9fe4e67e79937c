/** The values of some rows, one after another in one memory. */
export interface PackedValues {
  readonly bytes: Buffer
  /** Where the value of each row ends in `bytes`, which may be over 4 GiB; NULL takes no room. */
  readonly ends: Float64Array
}

/** The value of a row: a view, not a copy. */
export function packedAt({ bytes, ends }: PackedValues, row: number): Buffer {
  return bytes.subarray(packedStart(ends, row), ends[row])
}

/** Where the value of a row begins. */
export function packedStart(ends: Float64Array, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] ?? 0)
}
