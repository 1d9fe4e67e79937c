import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { RunReference } from './run-reference.ts'

export interface CheckDatasetInput {
  readonly run: RunReference
}

/** Looks whether a dataset is as its pipeline says that it has to be, before it is published. */
export async function checkDataset(
  _ports: ActivityPorts,
  _input: CheckDatasetInput,
  _attempt: Attempt,
): Promise<void> {
  throw new Error('datasets are not checked yet')
}
