import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { RunReference } from './run-reference.ts'

export interface LandItemInput {
  readonly run: RunReference
  /** Position among the items, from 0. */
  readonly item: number
  /** An item of more batches than these is refused. */
  readonly maxBatches: number
}

export interface LandedItem {
  /** Of the object that lists the item's batches. */
  readonly landedKey: string
  readonly batches: number
  readonly pages: number
  /** As the source sent them, unpacked. */
  readonly sourceBytes: number
  readonly storedBytes: number
  /** Pages that were in the store already. */
  readonly pagesFound: number
}

/** Reads an item from its start to its end, and lands it in pages and batches. */
export async function landItem(
  _ports: ActivityPorts,
  _input: LandItemInput,
  _attempt: Attempt,
): Promise<LandedItem> {
  throw new Error('items are not landed yet')
}
