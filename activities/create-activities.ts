import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { checkDataset } from './check-dataset.ts'
import { convertBatch } from './convert-batch.ts'
import { discardStaging } from './discard-staging.ts'
import { fetchBatch } from './fetch-batch.ts'
import { landItem } from './land-item.ts'
import { listItems } from './list-items.ts'
import { prepareLoad } from './prepare-load.ts'
import { publishLoad } from './publish-load.ts'
import { runAttempt } from './run-attempt.ts'
import { sealDataset } from './seal-dataset.ts'
import { stageBatch } from './stage-batch.ts'
import { transformDataset } from './transform-dataset.ts'

/** The activities of the workflows, over the given ports. */
export function createActivities(ports: ActivityPorts) {
  const over =
    <Input, Output>(
      activity: (ports: ActivityPorts, input: Input, attempt: Attempt) => Promise<Output>,
    ) =>
    (input: Input): Promise<Output> =>
      runAttempt((attempt) => activity(ports, input, attempt))

  return {
    prepareLoad: over(prepareLoad),
    listItems: over(listItems),
    landItem: over(landItem),
    fetchBatch: over(fetchBatch),
    convertBatch: over(convertBatch),
    stageBatch: over(stageBatch),
    transformDataset: over(transformDataset),
    checkDataset: over(checkDataset),
    sealDataset: over(sealDataset),
    publishLoad: over(publishLoad),
    /** Removes what was staged for a run that ends without publishing; its landing stays. */
    discardStaging: over(discardStaging),
  }
}

export type Activities = ReturnType<typeof createActivities>
