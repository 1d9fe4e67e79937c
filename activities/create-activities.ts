import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { lookUpSlices } from './backfill/look-up-slices.ts'
import type { BackfillPorts } from './backfill/slice-loads.ts'
import { startSlices } from './backfill/start-slices.ts'
import { callEndpoint } from './call-endpoint.ts'
import { checkDataset } from './check-dataset.ts'
import { convertBatch } from './convert-batch.ts'
import { discardStaging } from './discard-staging.ts'
import type { EndpointPorts } from './endpoint-call.ts'
import { fetchBatch } from './fetch-batch.ts'
import { lookUpForgottenLoads } from './graph/look-up-forgotten-loads.ts'
import { lookUpLoads } from './graph/look-up-loads.ts'
import { startLoads } from './graph/start-loads.ts'
import { landItem } from './land-item.ts'
import { listItems } from './list-items.ts'
import { lookUpRuns } from './look-up-runs.ts'
import { notifyDependants } from './notify-dependants.ts'
import { prepareLoad } from './prepare-load.ts'
import { publishLoad } from './publish-load.ts'
import { abandonRun } from './reprocess/abandon-run.ts'
import { discardPlan } from './reprocess/discard-plan.ts'
import { planLoad } from './reprocess/plan-load.ts'
import { prepareParts } from './reprocess/prepare-parts.ts'
import { sealParts } from './reprocess/seal-parts.ts'
import { stageSealedParts } from './reprocess/stage-sealed-parts.ts'
import { lookForGarbage, type GarbagePorts } from './retention/look-for-garbage.ts'
import { sweepGarbage } from './retention/sweep-garbage.ts'
import { reportStep, type StepCounts, type StepInput } from './report-step.ts'
import { runAttempt } from './run-attempt.ts'
import { fireDueSlices } from './schedule/fire-due-slices.ts'
import { sealDataset } from './seal-dataset.ts'
import { stageBatch } from './stage-batch.ts'
import { transformDataset } from './transform-dataset.ts'

/** The activities of the workflows, over the given ports. */
export function createActivities(
  ports: ActivityPorts & EndpointPorts & BackfillPorts & GarbagePorts,
) {
  const over =
    <Input, Output>(
      activity: (
        ports: ActivityPorts & EndpointPorts & BackfillPorts & GarbagePorts,
        input: Input,
        attempt: Attempt,
      ) => Promise<Output>,
    ) =>
    (input: Input): Promise<Output> =>
      runAttempt((attempt) => activity(ports, input, attempt))
  const counted =
    <Input extends StepInput, Output>(
      activity: (input: Input) => Promise<Output>,
      counts: (output: Output) => StepCounts,
    ) =>
    async (input: Input): Promise<Output> => {
      const output = await activity(input)
      reportStep(input, counts(output))
      return output
    }

  return {
    prepareLoad: over(prepareLoad),
    listItems: over(listItems),
    landItem: counted(over(landItem), landed),
    fetchBatch: counted(over(fetchBatch), landed),
    convertBatch: counted(over(convertBatch), ({ rowCount, rejectCount, storedBytes }) => {
      return { rows_converted: rowCount, rows_rejected: rejectCount, part_bytes: storedBytes }
    }),
    stageBatch: counted(over(stageBatch), ({ rowCount }) => ({ rows_staged: rowCount })),
    transformDataset: over(transformDataset),
    checkDataset: over(checkDataset),
    sealDataset: over(sealDataset),
    publishLoad: counted(over(publishLoad), () => ({ loads_published: 1 })),
    fireDueSlices: over(fireDueSlices),
    lookUpLoads: over(lookUpLoads),
    lookUpForgottenLoads: over(lookUpForgottenLoads),
    lookUpRuns: over(lookUpRuns),
    notifyDependants: over(notifyDependants),
    startLoads: over(startLoads),
    startSlices: over(startSlices),
    lookUpSlices: over(lookUpSlices),
    /** Removes what was staged for a run that ends without publishing; its landing stays. */
    discardStaging: over(discardStaging),
    abandonRun: over(abandonRun),
    prepareParts: over(prepareParts),
    stageSealedParts: over(stageSealedParts),
    sealParts: over(sealParts),
    planLoad: over(planLoad),
    discardPlan: over(discardPlan),
    callEndpoint: over(callEndpoint),
    lookForGarbage: over(lookForGarbage),
    sweepGarbage: over(sweepGarbage),
  }
}

export type Activities = ReturnType<typeof createActivities>

function landed(found: {
  readonly pages: number
  readonly pagesFound: number
  readonly storedBytes: number
}): StepCounts {
  const { pages, pagesFound, storedBytes } = found
  return { pages_fetched: pages - pagesFound, pages_found: pagesFound, landed_bytes: storedBytes }
}
