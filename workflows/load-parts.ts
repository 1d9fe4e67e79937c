import { workflowInfo } from '@temporalio/workflow'
import { roomForBatch, type LoadStep } from './convert-and-stage.ts'
import { withInFlight } from './in-flight.ts'
import type { LoadResult } from './load-progress.ts'
import { publishSealed } from './publish-dataset.ts'

/** As many as an attempt stages one after the other; what it has staged, the next one finds. */
const partsAtOnce = 8

/** Keeps a run's history well under 200 KB; so many parts take about 1 KB of it. */
const stepsPerRun = 100

/** How far the loading of sealed parts has come. */
export interface PartsState {
  readonly partCount: number
  readonly nextPart: number
}

export function partsEnded({ partCount, nextPart }: PartsState): boolean {
  return nextPart >= partCount
}

/**
 * Stages the parts of a sealed dataset, as they are, until all are staged or the history has grown long;
 * all that was begun is finished on return.
 */
export async function stageParts(step: LoadStep, start: PartsState): Promise<PartsState> {
  const { controls } = step
  const { partCount } = start
  let { nextPart } = start
  await withInFlight(async (inFlight) => {
    for (let steps = 0; nextPart < partCount && steps < stepsPerRun; steps += 1) {
      if (steps > 0 && workflowInfo().continueAsNewSuggested) break
      if (controls.isPaused() && !(await controls.resumed())) break
      const end = Math.min(nextPart + partsAtOnce, partCount)
      inFlight.begin(stageSome(step, nextPart, end))
      nextPart = end
      await roomForBatch(step, inFlight)
    }
  })
  return { partCount, nextPart }
}

async function stageSome(
  { activities, run, progress, report }: LoadStep,
  first: number,
  end: number,
): Promise<void> {
  const staged = await activities.stageSealedParts({ run, parts: { first, end } })
  report({
    batchesStaged: progress().batchesStaged + staged.partCount,
    rowsStaged: progress().rowsStaged + staged.rowCount,
  })
}

/** Checks the parts as their pipeline says now, and publishes them as a dataset of their own. */
export async function publishParts(step: LoadStep): Promise<LoadResult> {
  const { activities, definition, run, report } = step
  if (definition.checks !== undefined) {
    report({ phase: 'checking' })
    await activities.checkDataset({ run })
  }
  report({ phase: 'sealing' })
  return publishSealed(step, run, await activities.sealParts({ run }))
}
