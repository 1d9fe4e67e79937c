import type { ColumnVector, PartChunk, ScalarVector } from '../../../activities/part-chunk.ts'
import type { ColumnDefinition, ScalarType } from '../../../activities/pipeline-definition.ts'
import { doubleText } from './double-text.ts'
import { jsonbText } from './jsonb-text.ts'
import { dateText, timestampText, timeText } from './moment-text.ts'

/** A row's values in the order of the columns, each as PostgreSQL writes it; null for NULL. */
export type RowTexts = readonly (string | null)[]

/** Up to so many rows of a chunk, as PostgreSQL would show them with UTC as its time zone. */
export function rowTexts(
  columns: readonly ColumnDefinition[],
  chunk: PartChunk,
  most: number,
): RowTexts[] {
  return Array.from({ length: Math.min(chunk.rowCount, most) }, (_, row) =>
    columns.map(({ type }, index) => {
      const vector = chunk.columns[index]
      if (vector === undefined || vector.nulls[row] === 1) return null
      if (type.kind === 'array') return arrayText(type.element, vector, row)
      return vector.form === 'list' ? null : scalarText(type, vector, row)
    }),
  )
}

function scalarText(type: ScalarType, vector: ScalarVector, row: number): string {
  switch (vector.form) {
    case 'int32':
    case 'int64':
      return String(vector.values[row])
    case 'float64':
      return doubleText(vector.values[row] ?? 0)
    case 'boolean':
      return vector.values[row] === 0 ? 'f' : 't'
    case 'date':
      return dateText(vector.values[row] ?? 0)
    case 'timestamp':
      return timestampText(vector.values[row] ?? 0n, type.kind === 'timestamptz' ? '+00' : '')
    case 'time':
      return timeText(vector.values[row] ?? 0n)
    case 'bytes':
      return `\\x${Buffer.from(vector.values[row] ?? []).toString('hex')}`
    case 'text': {
      const text = vector.values[row] ?? ''
      return type.kind === 'jsonb' ? jsonbText(text) : text
    }
  }
}

function arrayText(element: ScalarType, vector: ColumnVector, row: number): string | null {
  if (vector.form !== 'list') return null
  const { elements } = vector
  const start = vector.starts[row] ?? 0
  const texts = Array.from({ length: vector.lengths[row] ?? 0 }, (_, index) => {
    const at = start + index
    return elements.nulls[at] === 1 ? 'NULL' : quoted(scalarText(element, elements, at))
  })
  return `{${texts.join(',')}}`
}

/** As an array's output has an element that could be mistaken. */
function quoted(text: string): string {
  const isPlain = text !== '' && !/[{}",\\ \t\n\r\v\f]/.test(text) && !/^null$/i.test(text)
  return isPlain ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
