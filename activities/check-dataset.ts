import type { DuckDBConnection } from '@duckdb/node-api'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { partPrefix } from './bucket-layout.ts'
import { createRelation } from './conversion/create-relation.ts'
import { queryNumber } from './conversion/query-texts.ts'
import { sqlFailure } from './conversion/sql-failure.ts'
import { downloadParts } from './download-parts.ts'
import { readPinnedRun, tableColumns } from './pinned-run.ts'
import type { CheckDefinition, ColumnDefinition } from './pipeline-definition.ts'
import { PipelineError } from './pipeline-error.ts'
import { checkName, checkSql } from './quality/check-sql.ts'
import { prepareChecks } from './quality/prepare-checks.ts'
import { partsPlace } from './reprocess/parts-place.ts'
import type { RunReference } from './run-reference.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface CheckDatasetInput {
  readonly run: RunReference
}

/**
 * Looks whether a dataset is as its pipeline says that it has to be, before it is published.
 *
 * @throws PipelineError DATASET_CHECK_FAILED that lists every check that fails, and CHECK_INVALID
 */
export async function checkDataset(
  { store, duckDb }: ActivityPorts,
  { run }: CheckDatasetInput,
  attempt: Attempt,
): Promise<void> {
  const pinned = await readPinnedRun(store, run, attempt)
  const columns = tableColumns(pinned)
  const { checks = [] } = pinned.definition
  await prepareChecks(duckDb, columns, checks, attempt.signal)
  const failures = await withWorkingFolder(async (folder) => {
    try {
      const paths = await downloadParts(store, partPrefix(partsPlace(run)), folder, attempt)
      return await duckDb.withSandbox(attempt.signal, folder, async (connection) => {
        await createRelation(connection, 'dataset', paths, columns)
        return failuresOf(connection, checks, columns)
      })
    } catch (error) {
      throw failure(error, 'what is checked', columns)
    }
  })
  if (failures.length === 0) return
  const count = failures.length === 1 ? 'a check fails' : `${failures.length} checks fail`
  throw new PipelineError('DATASET_CHECK_FAILED', `${count}: ${failures.join('; ')}`, {
    remedy:
      'Look at the parts beside the manifest; correct the source, `columns`, `transform` or `checks`. The table is as it was.',
  })
}

async function failuresOf(
  connection: DuckDBConnection,
  checks: readonly CheckDefinition[],
  columns: readonly ColumnDefinition[],
): Promise<string[]> {
  const failures: string[] = []
  for (const [index, check] of checks.entries()) {
    const failed = await failureOf(connection, check, columns, `check ${index}`)
    if (failed !== undefined) failures.push(`${checkName(check)}: ${failed}`)
  }
  return failures
}

async function failureOf(
  connection: DuckDBConnection,
  check: CheckDefinition,
  columns: readonly ColumnDefinition[],
  view: string,
): Promise<string | undefined> {
  if (check.kind === 'row_count') {
    const rows = await queryNumber(connection, 'SELECT count(*) FROM dataset')
    const { min = 0, max = Infinity } = check
    if (rows < min) return `${rows} rows, and at least ${min} are expected`
    return rows > max ? `${rows} rows, and at most ${max} are expected` : undefined
  }
  const { name, sql } = checkSql(check, columns, view)
  try {
    if (check.kind === 'sql') await connection.run(`CREATE VIEW "${view}" AS ${check.sql}`)
    const rows = await queryNumber(connection, sql)
    return rows === 0 ? undefined : `${rows} rows`
  } catch (error) {
    throw failure(error, `the check ${name}`, columns)
  }
}

function failure(error: unknown, what: string, columns: readonly ColumnDefinition[]): unknown {
  const names = columns.map(({ name }) => name)
  return sqlFailure(error, { code: 'DATASET_CHECK_FAILED', what, columns: names })
}
