import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { RunReference } from './run-reference.ts'

export interface ListItemsInput {
  readonly run: RunReference
}

/** Finds the items of a run's source and keeps their list, so that each is told by its position. */
export async function listItems(
  _ports: ActivityPorts,
  _input: ListItemsInput,
  _attempt: Attempt,
): Promise<{ itemCount: number }> {
  throw new Error('items are not listed yet')
}
