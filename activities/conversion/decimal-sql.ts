import type { ScalarType } from '../pipeline-definition.ts'
import { literal } from './sql-text.ts'
import { exponentPattern } from './type-patterns.ts'

type DecimalType = Pick<Extract<ScalarType, { kind: 'numeric' }>, 'precision' | 'scale'>

/** The text, as SQL, as a decimal number; NULL where it is none. */
export function decimalCastSql(type: DecimalType, text: string): string {
  // DuckDB drops digits of a fraction that an exponent would move before the point.
  return `CASE WHEN contains(${text}, 'e') OR contains(${text}, 'E')
    THEN list_transform([${withoutExponentSql(text)}], lambda plain: ${plainSql(type, 'plain')})[1]
    ELSE ${plainSql(type, text)} END`
}

/** So many digits DuckDB keeps in 64 bits; to read a text as more takes it a hundred times as long. */
const narrowPrecision = 18

/** The text as `TRY_CAST` has it; by way of a narrow type, where that holds the same number. */
function plainSql({ precision, scale }: DecimalType, text: string): string {
  const cast = `TRY_CAST(${text} AS DECIMAL(${precision}, ${scale}))`
  if (precision <= narrowPrecision) return cast
  const byWayOf = (narrowScale: number): string =>
    `TRY_CAST(TRY_CAST(${text} AS DECIMAL(${narrowPrecision}, ${narrowScale})) AS DECIMAL(${precision}, ${scale}))`
  const ways: string[] = []
  if (scale <= narrowPrecision) ways.push(byWayOf(scale))
  // Where nothing is rounded, fewer digits behind the point leave more before it.
  const half = narrowPrecision / 2
  if (scale > half) {
    ways.push(
      `CASE WHEN length(${text}) - strpos(${text}, '.') <= ${half} THEN ${byWayOf(half)} END`,
    )
  }
  if (scale > 0) ways.push(`CASE WHEN NOT contains(${text}, '.') THEN ${byWayOf(0)} END`)
  return `coalesce(${[...ways, cast].join(', ')})`
}

/** The same number with its point moved; NULL where it is none, or has an exponent beyond 999. */
function withoutExponentSql(text: string): string {
  const parts = `regexp_extract(${text}, ${literal(exponentPattern)}, ['sign', 'whole', 'fraction', 'exponent'])`
  const digits = '(p.whole || p.fraction)'
  const point = '(len(p.whole) + TRY_CAST(p.exponent AS INTEGER))'
  return `list_transform([${parts}], lambda p: p.sign || CASE
    WHEN ${digits} = '' THEN NULL
    WHEN ${point} <= 0 THEN '0.' || repeat('0', -${point}) || ${digits}
    WHEN ${point} >= len(${digits}) THEN ${digits} || repeat('0', ${point} - len(${digits}))
    ELSE left(${digits}, ${point}) || '.' || substr(${digits}, ${point} + 1) END)[1]`
}
