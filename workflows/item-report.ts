import { defineSignal } from '@temporalio/workflow'
import type { RunEnd } from '../activities/load-starter.ts'

/** From an item to its load, where that has gone on as a new run since it began the item. */
export const itemEndedSignal = defineSignal<[unknown]>('itemEnded')

/** From a load that goes on as a new run to an item: that one is to send `itemEnded` when it ends. */
export const handOverSignal = defineSignal('handOver')

/** How an item ended. Told twice, it counts once. */
export interface ItemReport {
  /** Tells the load from others of the same partition. */
  readonly datasetId: string
  readonly item: number
  /** The first run of the item, which tells it from others of the same number. */
  readonly runId: string
  readonly end: RunEnd
}

/** Reads the argument of a signal, which anybody may have sent; nothing where it is none of ours. */
export function readItemReport(told: unknown): ItemReport | undefined {
  if (typeof told !== 'object' || told === null) return undefined
  if (!('datasetId' in told && 'item' in told && 'runId' in told && 'end' in told)) return undefined
  const { datasetId, item, runId } = told
  const end = readEnd(told.end)
  if (typeof datasetId !== 'string' || typeof item !== 'number') return undefined
  if (typeof runId !== 'string' || end === undefined) return undefined
  return { datasetId, item, runId, end }
}

function readEnd(end: unknown): RunEnd | undefined {
  if (typeof end !== 'object' || end === null || !('kind' in end)) return undefined
  if (end.kind === 'cancelled') return { kind: 'cancelled' }
  if (end.kind === 'completed' && 'result' in end) return { kind: 'completed', result: end.result }
  if (end.kind !== 'failed') return undefined
  if (!('code' in end && 'message' in end && 'remedy' in end)) return undefined
  const { code, message, remedy } = end
  if (typeof code !== 'string' || typeof message !== 'string') return undefined
  return typeof remedy === 'string' ? { kind: 'failed', code, message, remedy } : undefined
}
