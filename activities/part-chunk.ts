/**
 * The values of one column for a run of rows, in the form that costs least to pass on.
 * `nulls[row] === 1` means NULL; the value at such a row means nothing.
 */
export type ColumnVector = { readonly nulls: Uint8Array } & (
  | ScalarValues
  /** Of each row's array, where its elements stand among those of all rows, and how many they are. */
  | {
      readonly form: 'list'
      readonly starts: Uint32Array
      readonly lengths: Uint32Array
      readonly elements: ScalarVector
    }
)

/** The same, of elements or of a column that is no array. */
export type ScalarVector = { readonly nulls: Uint8Array } & ScalarValues

type ScalarValues =
  | { readonly form: 'int32'; readonly values: Int32Array }
  | { readonly form: 'int64'; readonly values: BigInt64Array }
  | { readonly form: 'float64'; readonly values: Float64Array }
  /** 0 or 1. */
  | { readonly form: 'boolean'; readonly values: Uint8Array }
  /** Days since 1970-01-01. */
  | { readonly form: 'date'; readonly values: Int32Array }
  /** Microseconds since 1970-01-01T00:00:00 (UTC where the type has a zone). */
  | { readonly form: 'timestamp'; readonly values: BigInt64Array }
  /** Microseconds since midnight; 24:00 is one of them. */
  | { readonly form: 'time'; readonly values: BigInt64Array }
  | { readonly form: 'bytes'; readonly values: readonly Uint8Array[] }
  /** text, json, numeric as decimal digits, uuid in its canonical form. */
  | { readonly form: 'text'; readonly values: readonly string[] }

/** Some consecutive rows of a part, column by column, in the order of the declared columns. */
export interface PartChunk {
  readonly rowCount: number
  readonly columns: readonly ColumnVector[]
}
