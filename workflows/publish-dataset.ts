import { log } from '@temporalio/workflow'
import type { RunReference } from '../activities/run-reference.ts'
import type { SealedDataset } from '../activities/seal-dataset.ts'
import { roomForBatch, stage, type LoadStep } from './convert-and-stage.ts'
import { finalFailure } from './final-failure.ts'
import { withInFlight } from './in-flight.ts'
import type { LoadResult } from './load-progress.ts'

/** A PostgreSQL crash empties staging; more than this many in one load means something else is wrong. */
const maxRestagings = 5

/**
 * Transforms and checks the dataset as its pipeline says, seals it and publishes it, staging again what
 * the server has lost meanwhile.
 *
 * @param convertedParts How many parts were converted.
 */
export async function publishDataset(step: LoadStep, convertedParts: number): Promise<LoadResult> {
  const { activities, definition, progress, report } = step
  const { run, partCount } =
    definition.transform?.scope === 'dataset'
      ? await transformDataset(step, convertedParts)
      : { run: step.run, partCount: convertedParts }
  if (definition.checks !== undefined) {
    report({ phase: 'checking' })
    await activities.checkDataset({ run })
  }
  report({ phase: 'sealing' })
  const sealed = await activities.sealDataset({
    run,
    partCount,
    rowCount: progress().rows,
    rejectCount: progress().rejects,
  })
  return publishSealed(step, run, sealed)
}

/** Publishes a sealed dataset, or plans that; stages again what the server has lost meanwhile. */
export async function publishSealed(
  step: LoadStep,
  run: RunReference,
  { manifestKey, storedBytes, missingFields, discardedFields }: SealedDataset,
): Promise<LoadResult> {
  const { activities, progress, report, planOnly = false } = step
  report({ phase: 'publishing', storedBytes: progress().storedBytes + storedBytes })
  for (let restagings = 0; restagings <= maxRestagings; restagings += 1) {
    const outcome = await (planOnly
      ? activities.planLoad({ run })
      : activities.publishLoad({ run }))
    if (outcome.kind !== 'staging-incomplete') {
      report({ phase: 'done' })
      const { phase: _, ...totals } = progress()
      const { datasetId } = run
      const fields = { missingFields, discardedFields }
      if (missingFields !== undefined) log.warn('no record had these fields', { missingFields })
      if (outcome.kind === 'published') {
        return { ...totals, datasetId, manifestKey, counts: outcome.counts, ...fields }
      }
      const { plan } = outcome
      return { ...totals, datasetId, manifestKey: '', counts: plan.counts, plan, ...fields }
    }
    await stageAgain(step, run, outcome.missingParts)
  }
  throw finalFailure({
    type: 'STAGING_LOST',
    message: `what was staged was lost ${maxRestagings} times before it could be published`,
    remedy: 'Look in the log of PostgreSQL why it restarts; then start the run again.',
  })
}

async function stageAgain(
  { activities }: LoadStep,
  run: RunReference,
  missingParts: readonly number[],
): Promise<void> {
  if (run.partsOf !== undefined) {
    await activities.stageSealedParts({ run, parts: { numbers: missingParts } })
    return
  }
  for (const partNumber of missingParts) await activities.stageBatch({ run, partNumber })
}

/** Makes new parts of all that was converted and stages them; answers where and how many they are. */
async function transformDataset(
  step: LoadStep,
  convertedParts: number,
): Promise<{ readonly run: RunReference; readonly partCount: number }> {
  const { activities, progress, report } = step
  report({ phase: 'transforming' })
  const { transformId, ...transformed } = await activities.transformDataset({
    run: step.run,
    partCount: convertedParts,
  })
  const run = { ...step.run, transformId }
  report({
    rows: transformed.rowCount,
    storedBytes: progress().storedBytes + transformed.storedBytes,
  })
  await withInFlight(async (inFlight) => {
    for (let partNumber = 0; partNumber < transformed.partCount; partNumber += 1) {
      inFlight.begin(stage({ ...step, run }, partNumber))
      await roomForBatch(step, inFlight)
    }
  })
  return { run, partCount: transformed.partCount }
}
