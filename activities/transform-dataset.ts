import type { ActivityPorts, Attempt } from './activity-ports.ts'
import type { RunReference } from './run-reference.ts'

export interface TransformDatasetInput {
  readonly run: RunReference
  /** How many parts were converted. */
  readonly partCount: number
}

export interface TransformedDataset {
  readonly partCount: number
  readonly rowCount: number
  readonly storedBytes: number
}

/** Makes the parts of a dataset from all that was converted, by the pipeline's SQL. */
export async function transformDataset(
  _ports: ActivityPorts,
  _input: TransformDatasetInput,
  _attempt: Attempt,
): Promise<TransformedDataset> {
  throw new Error('datasets are not transformed yet')
}
