import type { DuckDBConnection } from '@duckdb/node-api'
import type { SchemaRule } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { RecordsFile } from './convert-records.ts'
import { memberNames } from './record-members.ts'

/** So many names stand in a message, each cut at this length. */
const maxNames = 20
const maxNameLength = 100

export interface FieldsInput {
  readonly rule: SchemaRule
  /** Names of the declared top-level fields, as they are at the source. */
  readonly declared: ReadonlySet<string>
  /** Names of what was put into the records for DuckDB, which the source has not. */
  readonly added: ReadonlySet<string>
  readonly records: RecordsFile
  readonly recordCount: number
}

/**
 * Looks whether the fields of a batch's records are those that are declared, where nothing else is
 * allowed: none that is not, and each in one sound record at least.
 *
 * @throws PipelineError SCHEMA_CHANGED
 */
export async function checkFields(
  connection: DuckDBConnection,
  { rule, declared, added, records, recordCount }: FieldsInput,
): Promise<void> {
  const soundCount = recordCount - (records.malformed?.count ?? 0)
  if (rule !== 'freeze' || soundCount === 0) return
  const found = new Set(records.header ?? (await memberNames(connection, records)))
  checkFrozen(
    [...found].filter((name) => !added.has(name)),
    declared,
    records.pages[0]?.key,
  )
}

/**
 * Looks whether fields are the declared ones, all of them and no other.
 *
 * @param page Key of the page that they are of, for the message
 * @throws PipelineError SCHEMA_CHANGED
 */
export function checkFrozen(
  names: readonly string[],
  declared: ReadonlySet<string>,
  page: string | undefined,
): void {
  const found = new Set(names)
  const undeclared = [...found].filter((name) => !declared.has(name))
  const missing = [...declared].filter((name) => !found.has(name))
  if (undeclared.length === 0 && missing.length === 0) return
  const changes = [
    ...(undeclared.length === 0 ? [] : [`not declared: ${listed(undeclared)}`]),
    ...(missing.length === 0 ? [] : [`in no record: ${listed(missing)}`]),
  ]
  throw new PipelineError(
    'SCHEMA_CHANGED',
    `the fields are not those of the pipeline (${changes.join('; ')})`,
    {
      ...(page === undefined ? {} : { at: { page } }),
      remedy:
        'Declare in `columns` what has come and take out what has gone, or set `schema: discard` or `evolve`; the table is as it was.',
    },
  )
}

/**
 * Looks whether any of the declared fields is there, in what names all the fields that it has: a CSV header
 * or Parquet files. Without one each record would be a row without values.
 *
 * @param absent Positions of those that are not there
 * @throws PipelineError SCHEMA_CHANGED
 */
export function requireAny(
  declaredCount: number,
  absent: readonly number[],
  page: string | undefined,
): void {
  if (declaredCount === 0 || absent.length < declaredCount) return
  throw new PipelineError('SCHEMA_CHANGED', 'none of the declared fields is in any record', {
    ...(page === undefined ? {} : { at: { page } }),
    remedy:
      'Compare `columns` and their `from` in the pipeline file with the names at the source; case counts.',
  })
}

function listed(names: readonly string[]): string {
  const shown = names
    .toSorted()
    .slice(0, maxNames)
    .map((name) => JSON.stringify(name.slice(0, maxNameLength)))
  const more = names.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
