import type { ColumnVector } from '../../activities/part-chunk.ts'

/** The value of a row as the vector holds it; an array's elements likewise. */
export function valueAt(vector: ColumnVector, row: number): unknown {
  if (vector.nulls[row] === 1) return null
  if (vector.form !== 'list') return vector.values[row]
  const { starts, lengths, elements } = vector
  const start = starts[row] ?? 0
  return Array.from({ length: lengths[row] ?? 0 }, (_, index) => valueAt(elements, start + index))
}
