import type { Activities } from '../activities/create-activities.ts'
import type { ConvertBatchInput } from '../activities/convert-batch.ts'
import type { PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { RunReference } from '../activities/run-reference.ts'
import { finalFailure } from './final-failure.ts'
import type { InFlight } from './in-flight.ts'
import type { LoadProgress } from './load-progress.ts'
import type { RunControls } from './run-controls.ts'

/** What the steps of a load share. */
export interface LoadStep {
  readonly activities: Activities
  readonly definition: PipelineDefinition
  readonly run: RunReference
  readonly progress: () => LoadProgress
  readonly report: (change: Partial<LoadProgress>) => void
  readonly controls: RunControls
  /** Whether the load is only to say what it would change. */
  readonly planOnly?: boolean
}

/** What loading an item asks of a pipeline's definition. */
export type ItemDefinition = Pick<PipelineDefinition, 'name' | 'limits' | 'onReject'> & {
  readonly transform?: Pick<NonNullable<PipelineDefinition['transform']>, 'scope'> | undefined
}

/** Of an item by itself. */
export interface ItemStep extends Omit<LoadStep, 'definition'> {
  readonly definition: ItemDefinition
}

/** Waits until another batch may begin beside those that are under way. */
export function roomForBatch(
  { controls, definition }: Pick<ItemStep, 'controls' | 'definition'>,
  inFlight: InFlight,
): Promise<void> {
  return inFlight.room(() => controls.limits(definition.limits).batchesInFlight, controls.changed)
}

/**
 * Makes a landed batch a part, and copies that into the staging area; parts of a dataset that is to be
 * transformed as a whole wait for that.
 */
export async function convertAndStage(
  step: ItemStep,
  batch: Omit<ConvertBatchInput, 'run'>,
): Promise<void> {
  const { activities, definition, run, progress, report } = step
  const part = await activities.convertBatch({ run, ...batch })
  report({
    rows: progress().rows + part.rowCount,
    rejects: progress().rejects + part.rejectCount,
    storedBytes: progress().storedBytes + part.storedBytes,
  })
  noteUndeclared(step, part.undeclaredFields)
  // It is all converted again: what was set aside may be of a type then, and nothing here is published.
  if (progress().undeclaredFields !== undefined) return
  checkRejects(definition, progress().rejects, part.firstReject)
  if (definition.transform?.scope === 'dataset') return
  await stage(step, batch.partNumber)
}

/** Remembers that fields have come which need a column, or a wider one. */
export function noteUndeclared(
  { progress, report }: Pick<LoadStep, 'progress' | 'report'>,
  fields: number | undefined,
): void {
  if (fields === undefined) return
  report({ undeclaredFields: Math.max(progress().undeclaredFields ?? 0, fields) })
}

export async function stage(
  { activities, run, progress, report }: ItemStep,
  partNumber: number,
): Promise<void> {
  const { rowCount } = await activities.stageBatch({ run, partNumber, mayStay: true })
  report({
    batchesStaged: progress().batchesStaged + 1,
    rowsStaged: progress().rowsStaged + rowCount,
  })
}

/** @throws ApplicationFailure REJECT_LIMIT_EXCEEDED */
export function checkRejects(
  { onReject }: ItemDefinition,
  rejects: number,
  firstReject: string | null,
): void {
  if (rejects <= onReject.max) return
  const example = firstReject === null ? '' : ` (for example ${firstReject})`
  throw finalFailure({
    type: 'REJECT_LIMIT_EXCEEDED',
    message: `${rejects} rows were rejected, ${onReject.max} are allowed${example}`,
    remedy:
      'Look at the rejects beside the dataset, correct `columns`, or raise `on_reject.max`; the table is as it was.',
  })
}
