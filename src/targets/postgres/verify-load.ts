import { definitionKey } from '../../../activities/bucket-layout.ts'
import { getJson } from '../../../activities/json-object.ts'
import { readPinnedRun, tableColumns } from '../../../activities/pinned-run.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type {
  PostgresTargetDefinition,
  TargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import type { DamagedPart } from '../../../activities/reprocess/sealed-dataset.ts'
import { datasetManifest } from '../../../activities/seal-dataset.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { compareLoad, type Comparison } from './compare-load.ts'
import { discardStaged } from './discard-staged.ts'
import { inspectTable } from './inspect-table.ts'
import { keyDigest } from './key-digest.ts'
import type { LoadRecord } from './list-loads.ts'
import { loadTables } from './load-tables.ts'
import { removeDuplicates } from './remove-duplicates.ts'
import { rowsOfParts } from './rows-of-parts.ts'
import type { Sessions } from './sessions.ts'
import {
  stageAnew,
  type StageAnewOptions,
  type StagedDataset,
  verifyName,
  type VerifyPorts,
  verifyTiming,
} from './stage-anew.ts'
import { sweepVerifyStaging } from './sweep-verify-staging.ts'
import { newVerifyId } from './verify-id.ts'

export interface VerifyRequest extends StageAnewOptions {
  readonly load: LoadRecord
  /** Whether keys of rows that differ are to be found too. */
  readonly withExamples: boolean
}

export interface VerifiedLoad {
  readonly verdict: 'equal' | 'differs' | 'damaged'
  readonly parts: number
  /** Objects of the dataset that are not what was written: then nothing was compared. */
  readonly damage: readonly DamagedPart[]
  /** Whether the keys are those that the load has noted; unknown of an earlier version's, and without a key. */
  readonly keys?: 'equal' | 'differ' | 'unknown'
  readonly comparison?: Comparison
}

const discardTimeoutMs = 90_000

/**
 * Compares a table with the dataset that was loaded into it: the objects in the store with the manifest,
 * the keys with the load's digest, and each row with that of the table. The parts are staged once more, in
 * a table of their own that is removed in any case; the target table is only read.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_UNREACHABLE, OBJECT_UNREADABLE, ROWS_LOST
 */
export async function verifyLoad(
  ports: VerifyPorts,
  request: VerifyRequest,
): Promise<VerifiedLoad> {
  const { load, signal } = request
  const { store, sessions } = ports
  const key = load.manifestKey as ObjectKey
  await sweepVerifyStaging(sessions, Date.now(), signal)
  const absent = await findAbsent(store, [key, definitionKey(load)], signal)
  if (absent.length > 0) return { verdict: 'damaged', parts: 0, damage: absent }
  const manifest = await getJson(store, key, datasetManifest, { signal })
  const pinned = await readPinnedRun(store, load, { signal })
  const dataset = {
    target: postgresTarget(pinned.definition.target, load),
    columns: tableColumns(pinned),
    interval: manifest.interval,
    timezone: pinned.definition.schedule?.timezone,
    parts: manifest.parts,
    stagedAs: newVerifyId(Date.now()),
  }
  const parts = dataset.parts.length
  try {
    const damage = await stageAnew(ports, dataset, request)
    if (damage.length > 0) return { verdict: 'damaged', parts, damage }
    return { ...(await compare(sessions, dataset, request)), parts, damage }
  } finally {
    await discardStaged(
      sessions,
      { datasetId: dataset.stagedAs, signal: AbortSignal.timeout(discardTimeoutMs) },
      verifyTiming,
    )
  }
}

async function findAbsent(
  store: ObjectStore,
  keys: readonly ObjectKey[],
  signal: AbortSignal,
): Promise<DamagedPart[]> {
  const absent: DamagedPart[] = []
  for (const key of keys) {
    const head = await store.head(key, { signal })
    if (head === undefined) absent.push({ key, problem: 'is not in the store' })
  }
  return absent
}

async function compare(
  sessions: Sessions,
  dataset: StagedDataset,
  { load, signal, withExamples }: VerifyRequest,
): Promise<Required<Pick<VerifiedLoad, 'verdict' | 'keys' | 'comparison'>>> {
  const { stagedAs, target, columns, parts } = dataset
  const name = verifyName(stagedAs)
  const digest = await sessions.transaction(name, signal, async (session) => {
    await session.query(`SET LOCAL work_mem = '64MB'; SET LOCAL jit = off`)
    const table = await inspectTable(session, target)
    const rowsStaged = rowsOfParts(parts)
    const staged = { datasetId: stagedAs, target, columns }
    const tables = loadTables(staged, table)
    await removeDuplicates(session, tables, rowsStaged)
    return keyDigest(session, tables.staging, columns)
  })
  const isKnown = digest !== undefined && load.keyDigest !== null
  const isEqual = digest?.digest === load.keyDigest && digest?.keyCount === load.keyCount
  const keys = isKnown ? (isEqual ? 'equal' : 'differ') : 'unknown'
  const comparison = await sessions.transaction(
    name,
    signal,
    (session) => compareLoad(session, { ...dataset, load, withExamples }),
    'REPEATABLE READ, READ ONLY',
  )
  const { missing, differing, extra } = comparison.rows
  const differs = keys === 'differ' || missing + differing + extra > 0
  return { verdict: differs ? 'differs' : 'equal', keys, comparison }
}

function postgresTarget(target: TargetDefinition, load: LoadRecord): PostgresTargetDefinition {
  if (target.kind === 'postgres') return target
  throw new PipelineError('TARGET_MISMATCH', 'The load is into a table, its pipeline into none', {
    at: { table: load.target, pipeline: load.pipeline },
    remedy: 'The dataset beside the manifest was changed: load the partition again.',
  })
}
