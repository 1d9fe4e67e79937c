import { packedAt } from '../../activities/packed-values.ts'
import type { ColumnVector } from '../../activities/part-chunk.ts'

export type ShownValue = null | string | number | bigint | Uint8Array | undefined | ShownValue[]

/** The value of a row as the vector holds it; an array's elements likewise. */
export function valueAt(vector: ColumnVector, row: number): ShownValue {
  if (vector.nulls[row] === 1) return null
  if (vector.form === 'text') return packedAt(vector, row).toString('utf8')
  if (vector.form === 'bytes') return Uint8Array.from(packedAt(vector, row))
  if (vector.form !== 'list') return vector.values[row]
  const { starts, lengths, elements } = vector
  const start = starts[row] ?? 0
  return Array.from({ length: lengths[row] ?? 0 }, (_, index) => valueAt(elements, start + index))
}
