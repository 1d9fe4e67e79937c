import { z } from 'zod'
import { parsedText, type Parsed } from './parsed.ts'
import { parseTableName, type TableName } from './table-name.ts'

/** Where the tool keeps its own tables, and PostgreSQL its. */
const RESERVED_SCHEMA = /^(claimcheck|information_schema|pg_.*)$/

const postgresTargetSchema = z.strictObject({
  kind: z.literal('postgres'),
  table: parsedText(parseTargetTable).meta({
    description: 'schema.table, case included; the schema is public where none is given.',
    examples: ['public.flights'],
  }),
  mode: z.enum(['merge']),
})

/** Where rows go. */
export const targetSchema = z.discriminatedUnion('kind', [postgresTargetSchema])

function parseTargetTable(text: string): Parsed<TableName> {
  const parsed = parseTableName(text)
  if (!('value' in parsed) || !RESERVED_SCHEMA.test(parsed.value.schema)) return parsed
  return { problem: `schema ${parsed.value.schema} is not for loaded tables` }
}
