import type { DatasetId } from '../load-target.ts'
import type { RetentionDefinition } from '../pipeline-definition.ts'

const dayMs = 86_400_000

/** What a rule looks at of a dataset. */
export interface RuledDataset {
  readonly datasetId: DatasetId
  /** Whether it is complete, and not there for a plan alone. */
  readonly isSealed: boolean
  readonly beganAt: Date
  /** When its newest object was written. */
  readonly changedAt: Date
  /** The dataset that has its parts, where it has none of its own. */
  readonly partsOf?: DatasetId | undefined
}

export interface DatasetVerdict {
  readonly datasetId: DatasetId
  readonly goes: boolean
  /** Why it goes; why it stays, where the rule alone would have let it go. */
  readonly reason: string | undefined
}

export interface PartitionNeeds {
  readonly now: Date
  /** Datasets that were loaded last, each into some target. */
  readonly loadedLast: ReadonlySet<DatasetId>
  /** The dataset of the pipeline's newest run, whose definition has the rule. */
  readonly newest: DatasetId
}

/**
 * Which datasets of one partition go by their pipeline's rule: no clock, no store, the same answer for the
 * same facts. A dataset that goes stays gone from every later answer, as time only adds to its age.
 *
 * @param datasets All of the partition, in any order.
 */
export function judgeDatasets(
  rule: RetentionDefinition,
  datasets: readonly RuledDataset[],
  needs: PartitionNeeds,
): DatasetVerdict[] {
  const sealed = datasets
    .filter(({ isSealed }) => isSealed)
    .toSorted((one, other) => other.beganAt.getTime() - one.beganAt.getTime())
  const byRule = new Map(
    datasets.map((dataset) => [
      dataset.datasetId,
      dataset.isSealed
        ? sealedReason(rule, dataset, sealed.indexOf(dataset), needs.now)
        : unfinishedReason(rule, dataset, needs.now),
    ]),
  )
  const stays = new Map<DatasetId, string>()
  for (const { datasetId } of datasets) {
    const why = neededFor(datasetId, rule, sealed, needs)
    if (why !== undefined) stays.set(datasetId, why)
  }
  for (const { datasetId, partsOf } of datasets) {
    const isKept = byRule.get(datasetId) === undefined || stays.has(datasetId)
    if (isKept && partsOf !== undefined && !stays.has(partsOf)) {
      stays.set(partsOf, `dataset ${datasetId} has its parts`)
    }
  }
  return datasets.map(({ datasetId }) => {
    const reason = byRule.get(datasetId)
    if (reason === undefined) return { datasetId, goes: false, reason: undefined }
    const why = stays.get(datasetId)
    return why === undefined
      ? { datasetId, goes: true, reason }
      : { datasetId, goes: false, reason: why }
  })
}

/** How many whole days something has been as it is; at least one, for whatever is to be deleted. */
export function ageDays(since: Date, now: Date): number {
  return Math.floor((now.getTime() - since.getTime()) / dayMs)
}

function sealedReason(
  { datasets }: RetentionDefinition,
  { beganAt, changedAt }: RuledDataset,
  newerOnes: number,
  now: Date,
): string | undefined {
  if (datasets === undefined) return undefined
  const { keep, days } = datasets
  const age = ageDays(changedAt, now)
  if (age < Math.max(days ?? 1, 1)) return undefined
  if (keep !== undefined && newerOnes < keep) return undefined
  const kept = [
    ...(keep === undefined ? [] : [`the newest ${keep} of a partition`]),
    ...(days === undefined ? [] : [`those of ${days} days`]),
  ]
  return `made ${ageDays(beganAt, now)} days ago; kept are ${kept.join(' and ')}`
}

function unfinishedReason(
  { unfinished }: RetentionDefinition,
  { changedAt }: RuledDataset,
  now: Date,
): string | undefined {
  const age = ageDays(changedAt, now)
  if (unfinished === undefined || age < Math.max(unfinished.days, 1)) return undefined
  return `its run was given up ${age} days ago; kept is what is unfinished for ${unfinished.days} days`
}

function neededFor(
  datasetId: DatasetId,
  { keepLastGood = true }: RetentionDefinition,
  sealed: readonly RuledDataset[],
  { loadedLast, newest }: PartitionNeeds,
): string | undefined {
  if (datasetId === newest) return 'it is of the newest run of the pipeline, whose rule holds'
  if (!keepLastGood) return undefined
  if (loadedLast.has(datasetId)) return 'it is the one of its partition that was loaded last'
  // Where no load is on record, as of a target that was dropped since, the newest is the best there is.
  const isBest = loadedLast.size === 0 && sealed[0]?.datasetId === datasetId
  return isBest ? 'no load of its partition is on record, and it is the newest sealed' : undefined
}
