import { z } from 'zod'
import { loadModes } from '../../activities/pipeline-definition.ts'
import { isBucketName, s3Place } from '../sources/files/file-kind.ts'
import { parsedText, type Parsed } from './parsed.ts'
import { s3AccessSchema } from './s3-access-schema.ts'
import { parseTableName, type TableName } from './table-name.ts'

/** Where the tool keeps its own tables, and PostgreSQL its. */
const RESERVED_SCHEMA = /^(claimcheck|claimcheck_staging|information_schema|pg_.*)$/

const columnName = z.string().min(1, 'is empty')

const allowEmpty = z
  .boolean()
  .optional()
  .meta({ default: false, description: 'Whether a dataset without rows may take all away.' })

const postgresTargetSchema = z.strictObject({
  kind: z.literal('postgres'),
  table: parsedText(parseTargetTable).meta({
    description: 'schema.table, case included; the schema is public where none is given.',
    examples: ['public.flights'],
  }),
  mode: z.enum(loadModes),
  order_by: columnName.optional().meta({
    description: 'Of several rows of one key, that with the greatest value of this column wins.',
  }),
  on_missing: z.enum(['keep', 'delete', 'mark']).optional().meta({
    default: 'keep',
    description: 'What becomes of rows of the table whose key has not come; for full snapshots.',
  }),
  interval_column: columnName
    .optional()
    .meta({ description: 'Of replace-interval: says which slice a row is of.' }),
  allow_empty: allowEmpty,
  lineage: z.boolean().optional().meta({
    default: false,
    description: 'Whether the table has _dataset_id and _part_number.',
  }),
})

const parquetTargetSchema = z.strictObject({
  kind: z.literal('parquet'),
  path: parsedText(parsePrefix).meta({
    description: 'The prefix beneath which the files stand.',
    examples: ['s3://lake/flights'],
  }),
  mode: z.enum(['replace', 'replace-interval']),
  partition_by: z.array(columnName).min(1, 'has no columns').optional().meta({
    description: 'Columns whose values are directories, in this order.',
  }),
  allow_empty: allowEmpty,
  s3: s3AccessSchema.optional(),
})

/** Where rows go. */
export const targetSchema = z.discriminatedUnion('kind', [
  postgresTargetSchema,
  parquetTargetSchema,
])

/** Reads `schema.table` as the table of a target: the tool's own schemas are not for that. */
export function parseTargetTable(text: string): Parsed<TableName> {
  const parsed = parseTableName(text)
  if (!('value' in parsed) || !RESERVED_SCHEMA.test(parsed.value.schema)) return parsed
  return { problem: `schema ${parsed.value.schema} is not for loaded tables` }
}

/** Reads `s3://bucket/prefix`. */
export function parsePrefix(
  text: string,
): Parsed<{ readonly bucket: string; readonly prefix: string }> {
  const { bucket, key } = s3Place(text)
  const prefix = key.replace(/\/$/, '')
  if (!isBucketName(bucket) || prefix === '') {
    return { problem: 'must be a bucket and a prefix: s3://lake/flights' }
  }
  const isPlain = prefix
    .split('/')
    .every((name) => /^[\w.=-]+$/.test(name) && !/^\.\.?$/.test(name))
  if (!isPlain) {
    return { problem: 'may hold letters, digits, and . _ = - between its slashes' }
  }
  return { value: { bucket, prefix } }
}
