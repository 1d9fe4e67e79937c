import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type {
  ColumnDefinition,
  Interval,
  PostgresTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import type { DamagedPart } from '../../../activities/reprocess/sealed-dataset.ts'
import { readSealedPart, type SealedPart } from '../../../activities/reprocess/sealed-part.ts'
import { withPartRows } from '../../../activities/with-part-rows.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import type { Sessions } from './sessions.ts'
import { stagePart } from './stage-part.ts'
import { createStagingTable } from './staging-table.ts'

export interface VerifyPorts {
  readonly sessions: Sessions
  readonly store: ObjectStore
  readonly duckDb: DuckDb
}

export interface StageAnewOptions {
  /** Hears how many of the parts have been read. */
  readonly onPart: (done: number, all: number) => void
  readonly signal: AbortSignal
}

/** Nothing works for what is staged here but this, and what is left of it after an interruption. */
export const verifyTiming = { patienceMs: 0, waitMs: 60_000 }

export function verifyName(stagedAs: DatasetId): string {
  return `claimcheck verify ${stagedAs}`
}

/** A dataset that is staged to be compared, not to be published. */
export interface StagedDataset {
  readonly target: PostgresTargetDefinition
  readonly columns: readonly ColumnDefinition[]
  readonly interval: Interval
  readonly timezone?: string | undefined
  readonly parts: readonly SealedPart[]
  /** An id that is no run's, so that nothing else is disturbed. */
  readonly stagedAs: DatasetId
}

/** Stages the parts as long as all are whole; reads and checks the others too. */
export async function stageAnew(
  { sessions, store, duckDb }: VerifyPorts,
  { target, columns, parts, stagedAs }: StagedDataset,
  { onPart, signal }: StageAnewOptions,
): Promise<DamagedPart[]> {
  await sessions.transaction(verifyName(stagedAs), signal, (session) =>
    session.query(createStagingTable(stagedAs, columns)),
  )
  const damage: DamagedPart[] = []
  for (const [index, part] of parts.entries()) {
    onPart(index, parts.length)
    const read = await readSealedPart(store, part, { signal })
    if ('problem' in read) damage.push({ key: part.key, problem: read.problem })
    if ('problem' in read || damage.length > 0) continue
    const { partNumber, rowCount } = part
    const staged = { target, columns, datasetId: stagedAs, partNumber, rowCount, signal }
    await withPartRows({ duckDb }, { bytes: read.bytes, columns, signal }, ({ chunks }) =>
      stagePart(sessions, { ...staged, chunks }, verifyTiming),
    )
  }
  onPart(parts.length, parts.length)
  return damage
}
