import { z } from 'zod'
import { identifierProblem } from './identifier.ts'
import type { Parsed } from './parsed.ts'
import { parsedText } from './parsed.ts'

const DEFAULT_SCHEMA = 'public'
/** Where the tool keeps its own tables, and PostgreSQL its. */
const RESERVED_SCHEMA = /^(claimcheck|information_schema|pg_.*)$/

const postgresTargetSchema = z.strictObject({
  kind: z.literal('postgres'),
  table: parsedText(parseTableName).meta({
    description: 'schema.table, case included; the schema is public where none is given.',
    examples: ['public.flights'],
  }),
  mode: z.enum(['merge']),
})

/** Where rows go. */
export const targetSchema = z.discriminatedUnion('kind', [postgresTargetSchema])

function parseTableName(text: string): Parsed<{ schema: string; table: string }> {
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
  if (RESERVED_SCHEMA.test(schema)) return { problem: `schema ${schema} is not for loaded tables` }
  return { value: { schema, table } }
}
