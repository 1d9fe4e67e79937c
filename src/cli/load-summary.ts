import type { Client } from '@temporalio/client'
import { chainHistories } from '../client/history-size.ts'
import type { LoadHandle } from '../client/start-load.ts'
import type { LoadResult } from '../../workflows/index.ts'
import { formatBytes, formatCount } from '../format-number.ts'
import { firstOf } from './first-of.ts'

export interface LoadSummary extends LoadResult {
  readonly pipeline: string
  readonly workflowId: string
  /** All runs of the chain together. */
  readonly historyBytes: number
  readonly runs: number
  readonly seconds: number
}

/** What a finished load did, with what it left in the history. */
export async function summariseLoad(
  client: Client,
  handle: LoadHandle,
  load: { readonly pipeline: string; readonly seconds: number; readonly result: LoadResult },
): Promise<LoadSummary> {
  const { workflowId, runId } = handle
  const histories = await chainHistories(client, workflowId, runId)
  return {
    pipeline: load.pipeline,
    workflowId,
    ...load.result,
    historyBytes: histories.reduce((sum, { bytes }) => sum + bytes, 0),
    runs: histories.length,
    seconds: load.seconds,
  }
}

export function describeLoad(load: LoadSummary): string {
  const { counts, untold = [], missingFields = [], discardedFields = [] } = load
  if (load.skipped === true)
    return `${load.workflowId}: skipped, since what comes first was not loaded`
  const rows = [
    `${formatCount(counts.rowsInserted)} inserted`,
    `${formatCount(counts.rowsUpdated)} updated`,
    `${formatCount(counts.rowsUnchanged)} unchanged`,
    ...(counts.rowsDeleted > 0 ? [`${formatCount(counts.rowsDeleted)} deleted`] : []),
    ...(counts.rowsDuplicate > 0 ? [`${formatCount(counts.rowsDuplicate)} duplicate`] : []),
    ...(load.rejects > 0 ? [`${formatCount(load.rejects)} rejected`] : []),
  ]
  const history = `history ${formatBytes(load.historyBytes)} in ${load.runs} ${load.runs === 1 ? 'run' : 'runs'}`
  const sizes = `source ${formatBytes(load.sourceBytes)}, stored ${formatBytes(load.storedBytes)}, ${history}`
  const warnings = [
    ...(missingFields.length > 0 ? [`in no record: ${missingFields.join(', ')}`] : []),
    ...(discardedFields.length > 0 ? [`left out: ${firstOf(discardedFields, maxNamed)}`] : []),
    ...(untold.length > 0 ? [`not told of it: ${untold.join(', ')}`] : []),
  ]
  const took = `${load.seconds.toFixed(1)} s`
  return [`${load.workflowId}: ${rows.join(', ')} (${sizes}; ${took})`, ...warnings].join('; ')
}

/** Whoever wants to know them all looks at the dataset. */
const maxNamed = 5
