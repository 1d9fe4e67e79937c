import { identifierProblem } from './identifier.ts'
import type { Parsed } from './parsed.ts'

const DEFAULT_SCHEMA = 'public'

export interface TableName {
  readonly schema: string
  readonly table: string
}

/** Reads `schema.table`, case included; the schema is public where none is given. */
export function parseTableName(text: string): Parsed<TableName> {
  const parts = text.split('.')
  const [schema = '', table = ''] = parts.length === 1 ? [DEFAULT_SCHEMA, ...parts] : parts
  if (parts.length > 2)
    return { problem: 'must be a table, or a schema and a table: public.flights' }
  if (text.includes('"')) {
    return {
      problem: 'holds double quotes: write the name as it is, case included, without quotes',
    }
  }
  const problem = identifierProblem(schema) ?? identifierProblem(table)
  if (problem !== undefined) return { problem }
  return { value: { schema, table } }
}
