import type { ColumnType } from '../pipeline-definition.ts'

/** Of DuckDB's DECIMAL, through which every numeric column goes. */
const maxPrecision = 38
/** Whole digits that a bigint has, and that every number leaves room for: a wider one is a later night's. */
export const bigintDigits = 19

/**
 * The narrowest type that takes the values of both as they are, and that a table's column of either
 * type can be widened to. Whole numbers become numbers with decimals, days become moments, and what
 * has nothing in common becomes text.
 */
export function joinTypes(one: ColumnType, other: ColumnType): ColumnType {
  if (one.kind === other.kind && one.kind !== 'numeric') return one
  const left = digitsOf(one)
  const right = digitsOf(other)
  if (left !== undefined && right !== undefined) {
    return numericType(Math.max(left.whole, right.whole), Math.max(left.scale, right.scale))
  }
  const kinds = new Set([one.kind, other.kind])
  return kinds.has('date') && kinds.has('timestamp') ? { kind: 'timestamp' } : { kind: 'text' }
}

export function isSameType(one: ColumnType, other: ColumnType): boolean {
  if (one.kind !== 'numeric' || other.kind !== 'numeric') return one.kind === other.kind
  return one.precision === other.precision && one.scale === other.scale
}

/** The type of numbers of so many digits before the point and behind it, if there is one. */
export function numericType(whole: number, scale: number): ColumnType {
  const precision = Math.max(whole, bigintDigits) + scale
  return precision > maxPrecision ? { kind: 'text' } : { kind: 'numeric', precision, scale }
}

function digitsOf(type: ColumnType): { whole: number; scale: number } | undefined {
  if (type.kind === 'bigint') return { whole: bigintDigits, scale: 0 }
  if (type.kind !== 'numeric') return undefined
  return { whole: type.precision - type.scale, scale: type.scale }
}
