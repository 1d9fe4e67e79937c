import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { LoadCounts, LoadTarget } from '../../../activities/load-target.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { OracleOutcome } from './random-oracle.ts'
import { sorted, type ShownRow } from './random-rows.ts'
import { dayText, type RandomLoad, type RandomTable } from './random-tables.ts'
import { sampleLoad, type SampleLoad } from './sample-load.ts'

/** What ends is tried again for so long. */
const patienceMs = 120_000

/** The load's dataset on its way into the table of this name. */
export function toSampleLoad(name: string, table: RandomTable, load: RandomLoad): SampleLoad {
  const { width = table.columns.length } = load
  const rows = load.parts.map((part) =>
    part.map((row) => row.slice(0, width).map(({ value }) => value)),
  )
  const columns = table.columns.slice(0, width).map(({ definition }) => definition)
  return sampleLoad(name, rows, columns, {
    target: table.target,
    isLeft: load.isLeft,
    request: {
      evolve: load.width !== undefined,
      partition: dayText(load.day),
      interval: {
        start: `${dayText(load.day)}T00:00:00Z`,
        end: `${dayText(load.day + 1)}T00:00:00Z`,
      },
    },
  })
}

/**
 * Does what the workflow does, as often as it takes: checks, stages what is missing, and publishes.
 * Returns the code of a refusal that no attempt will change.
 */
export async function loadPersistently(
  target: LoadTarget,
  load: SampleLoad,
): Promise<OracleOutcome> {
  const { request } = load
  const missing = new Set(request.parts.map(({ partNumber }) => partNumber))
  const deadline = performance.now() + patienceMs
  let asked = false
  for (;;) {
    try {
      await target.check(request)
      const isLeft = request.readPart !== undefined && (await target.takesUnstaged?.(request))
      // What publishing has asked for is staged.
      const staged = isLeft === true && !asked ? [] : [...missing]
      await allOf(
        staged.map(async (partNumber) => {
          await target.stagePart(load.part(partNumber))
          missing.delete(partNumber)
        }),
      )
      const outcome = await target.publish(request)
      if (outcome.kind === 'published') return outcome.counts
      asked = true
      for (const partNumber of outcome.missingParts) missing.add(partNumber)
      assert.ok(performance.now() < deadline, 'staging is never complete')
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      if (!error.retryable && refusals.includes(error.code)) return { refused: error.code }
      if (!error.retryable || performance.now() > deadline) throw error
      await sleep(5)
    }
  }
}

/** Discards what was staged, as often as it takes: a session may learn late that it was ended. */
export async function discardPersistently(target: LoadTarget, load: SampleLoad): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      await target.discard(load.request)
      return
    } catch (error) {
      if (!(error instanceof PipelineError) || !error.retryable) throw error
      if (performance.now() > deadline) throw error
      await sleep(5)
    }
  }
}

/** What a mode may refuse. */
const refusals: readonly string[] = [
  'INTERVAL_LOADED',
  'INTERVAL_OUT_OF_ORDER',
  'TARGET_MISMATCH',
  'TARGET_WOULD_BE_EMPTIED',
]

/** Waits for all, and throws what the first of them has thrown. */
async function allOf(some: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(some)) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}

/** The columns that loads write by themselves, with their types. */
function loadColumns({ mode, onMissing, lineage }: RandomTable['target']): [string, string][] {
  return [
    ...(mode === 'history' ? times(['valid_from', 'valid_to']) : []),
    ...(onMissing === 'mark' ? times(['_deleted_at']) : []),
    ...(lineage === true ? origins : []),
  ]
}

const times = (names: readonly string[]) =>
  names.map((name): [string, string] => [name, 'timestamptz'])
const origins: [string, string][] = [
  ['_dataset_id', 'uuid'],
  ['_part_number', 'integer'],
]

/** Makes the table where it is to be there before its first load. */
export async function makeTable(
  client: Client,
  name: string,
  { columns, target }: RandomTable,
): Promise<void> {
  const declared = columns.flatMap(({ definition, tableType }) =>
    tableType === undefined ? [] : [[definition.name, tableType]],
  )
  if (declared.length === 0) return
  const keys = columns.filter(({ definition }) => definition.key)
  const key = keys.map(({ definition }) => quoted(definition.name))
  if (target.mode === 'history') key.push('valid_from')
  await client.query(
    `CREATE TABLE ${name} (${[
      ...[...declared, ...loadColumns(target)].map(([of = '', type]) => `${quoted(of)} ${type}`),
      ...(keys.length === 0 ? [] : [`PRIMARY KEY (${key.join(', ')})`]),
    ].join(', ')})`,
  )
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** What the table holds, as texts, in the order of those. */
export async function tableTexts(
  client: Client,
  name: string,
  { columns, target }: Pick<RandomTable, 'columns' | 'target'>,
): Promise<ShownRow[]> {
  const found = await client.query<{ column: string }>(
    'SELECT attname AS column FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0',
    [name],
  )
  const there = new Set(found.rows.map(({ column }) => column))
  const own = loadColumns(target).map(([column]) => column)
  // A column that has not come yet is as one without values.
  const shown = [...columns.map(({ definition }) => definition.name), ...own].map((column) =>
    there.has(column) ? `${quoted(column)}::text` : 'NULL',
  )
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${shown.join(', ')} FROM ${name}`,
    rowMode: 'array',
  })
  return sorted(rows)
}

/** What the rows of `claimcheck.loads` say of the dataset: there is to be one. */
export async function loadRows(client: Client, { datasetId }: SampleLoad): Promise<LoadCounts[]> {
  const { rows } = await client.query<Record<keyof LoadCounts, string>>(
    `SELECT rows_staged AS "rowsStaged", rows_inserted AS "rowsInserted",
            rows_updated AS "rowsUpdated", rows_unchanged AS "rowsUnchanged",
            rows_duplicate AS "rowsDuplicate", rows_deleted AS "rowsDeleted"
       FROM claimcheck.loads WHERE dataset_id = $1`,
    [datasetId],
  )
  return rows.map((row) => ({
    rowsStaged: Number(row.rowsStaged),
    rowsInserted: Number(row.rowsInserted),
    rowsUpdated: Number(row.rowsUpdated),
    rowsUnchanged: Number(row.rowsUnchanged),
    rowsDuplicate: Number(row.rowsDuplicate),
    rowsDeleted: Number(row.rowsDeleted),
  }))
}
