import type { ColumnDefinition, ScalarType } from '../pipeline-definition.ts'
import type { ResultType } from './result-type.ts'
import { scalarRules, type RejectRule } from './scalar-sql.ts'

/** Of these DuckDB holds values that PostgreSQL does not. */
const widerKinds: ReadonlySet<ScalarType['kind']> = new Set([
  'text',
  'date',
  'timestamp',
  'timestamptz',
  'json',
  'jsonb',
])

/**
 * When a row that SQL has made cannot be loaded for what stands in one column.
 *
 * @param made SQL of the value as it was made, and `value` of what `ResultType.toValue` makes of it
 */
export function resultRules(
  { type, key }: ColumnDefinition,
  { isNarrower }: Pick<ResultType, 'isNarrower'>,
  { made, value }: { readonly made: string; readonly value: string },
): RejectRule[] {
  const ofKey = key ? [{ condition: `${made} IS NULL`, reason: 'the key is missing' }] : []
  const scalar = type.kind === 'array' ? type.element : type
  if (!isNarrower && !widerKinds.has(scalar.kind)) return ofKey
  if (type.kind !== 'array') {
    const text = `CAST(${isNarrower ? made : value} AS VARCHAR)`
    return [...ofKey, ...scalarRules(scalar, text, value, 'value')]
  }
  const rules = scalarRules(scalar, 'CAST(element AS VARCHAR)', `${value}[place]`, 'element')
  return [
    ...ofKey,
    ...rules.map(({ condition, reason }) => ({
      condition: `list_contains(list_transform(${made}, lambda element, place: ${condition}), true)`,
      reason,
    })),
  ]
}
