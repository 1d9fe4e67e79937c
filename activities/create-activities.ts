import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { callEndpoint } from './call-endpoint.ts'
import { checkDataset } from './check-dataset.ts'
import { convertBatch } from './convert-batch.ts'
import { discardStaging } from './discard-staging.ts'
import type { EndpointPorts } from './endpoint-call.ts'
import { fetchBatch } from './fetch-batch.ts'
import { lookUpLoads } from './graph/look-up-loads.ts'
import { startLoads } from './graph/start-loads.ts'
import { landItem } from './land-item.ts'
import { listItems } from './list-items.ts'
import { notifyDependants } from './notify-dependants.ts'
import { prepareLoad } from './prepare-load.ts'
import { publishLoad } from './publish-load.ts'
import { runAttempt } from './run-attempt.ts'
import { fireDueSlices } from './schedule/fire-due-slices.ts'
import { sealDataset } from './seal-dataset.ts'
import { stageBatch } from './stage-batch.ts'
import { transformDataset } from './transform-dataset.ts'

/** The activities of the workflows, over the given ports. */
export function createActivities(ports: ActivityPorts & EndpointPorts) {
  const over =
    <Input, Output>(
      activity: (
        ports: ActivityPorts & EndpointPorts,
        input: Input,
        attempt: Attempt,
      ) => Promise<Output>,
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
    fireDueSlices: over(fireDueSlices),
    lookUpLoads: over(lookUpLoads),
    notifyDependants: over(notifyDependants),
    startLoads: over(startLoads),
    /** Removes what was staged for a run that ends without publishing; its landing stays. */
    discardStaging: over(discardStaging),
    callEndpoint: over(callEndpoint),
  }
}

export type Activities = ReturnType<typeof createActivities>
