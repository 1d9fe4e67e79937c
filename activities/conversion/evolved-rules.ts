import type { ColumnType } from '../pipeline-definition.ts'
import type { RejectRule } from './scalar-sql.ts'
import { sqlPatterns } from './evolved-patterns.ts'
import { matchesSql } from './scalar-sql.ts'

/**
 * When a value is not written as those are that the column's type was chosen for, though a cast would
 * take it: a zip code with a zero in front, say, or a moment for a day. Nobody has declared the type,
 * so it has to be a wider one then.
 *
 * @param text SQL, as `cast`
 */
export function evolvedRules(type: ColumnType, text: string, cast: string): RejectRule[] {
  const misfit = misfitSql(type, text, cast)
  if (misfit === undefined) return []
  return [
    {
      condition: `${text} IS NOT NULL AND (${misfit})`,
      reason: `the value is not written as type ${type.kind}`,
    },
  ]
}

function misfitSql(type: ColumnType, text: string, cast: string): string | undefined {
  switch (type.kind) {
    case 'bigint':
      return `${cast}::VARCHAR <> ${text} AND ${text} <> '-0'`
    case 'numeric': {
      const fraction = `length(regexp_extract(${text}, '[.](\\d+)', 1))`
      const exponent = `coalesce(TRY_CAST(regexp_extract(${text}, '[eE][+]?(-?\\d+)', 1) AS INTEGER), 0)`
      return `${cast}::VARCHAR <> ${text} AND (NOT ${matchesSql(text, sqlPatterns.number)} OR ${fraction} - ${exponent} > ${type.scale})`
    }
    case 'boolean':
      return `lower(${text}) NOT IN ('true', 'false')`
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return `NOT ${matchesSql(text, sqlPatterns[type.kind])}`
    case 'jsonb':
      return `left(${text}, 1) NOT IN ('{', '[')`
    default:
      return undefined
  }
}
