import type { DatasetId } from '../load-target.ts'
import type { RetentionDefinition } from '../pipeline-definition.ts'
import { isPlanOnly, type DatasetFacts } from './dataset-facts.ts'
import { judgeDatasets } from './dataset-rule.ts'
import { landingName, laterOf, type LandingFolder } from './landing-folders.ts'
import { landingReason } from './landing-rule.ts'

export interface PartitionFacts {
  readonly rule: RetentionDefinition
  readonly datasets: readonly DatasetFacts[]
  readonly landings: readonly LandingFolder[]
  readonly now: Date
  /** As in `PartitionNeeds`. */
  readonly loadedLast: ReadonlySet<DatasetId>
  readonly newest: DatasetId
}

export interface PartitionVerdict {
  readonly datasets: readonly { readonly facts: DatasetFacts; readonly reason: string }[]
  readonly landings: readonly { readonly folder: LandingFolder; readonly reason: string }[]
  /** Sealed datasets that stay, of which a transform has made parts that do not count. */
  readonly needlessParts: readonly DatasetFacts[]
  /** What the rule alone would have let go. */
  readonly kept: readonly { readonly datasetId: DatasetId; readonly reason: string }[]
}

/** What of a partition goes by its pipeline's rule, were no run to need it. */
export function judgePartition(facts: PartitionFacts): PartitionVerdict {
  const { rule, datasets, landings, now } = facts
  const verdicts = judgeDatasets(
    rule,
    datasets.map((dataset) => ({
      datasetId: dataset.folder.datasetId,
      isSealed: isComplete(dataset),
      beganAt: dataset.folder.beganAt,
      changedAt: dataset.folder.changedAt,
      partsOf: partsOf(dataset),
    })),
    facts,
  )
  const goes = new Map(
    verdicts.flatMap(({ datasetId, goes: isGoing, reason }) =>
      isGoing && reason !== undefined ? [[datasetId, reason] as const] : [],
    ),
  )
  const staying = datasets.filter(({ folder }) => !goes.has(folder.datasetId))
  return {
    datasets: datasets.flatMap((dataset) => {
      const reason = goes.get(dataset.folder.datasetId)
      return reason === undefined ? [] : [{ facts: dataset, reason }]
    }),
    landings: landings.flatMap((folder) => {
      const reason = landingReason(rule, ruledLanding(folder, datasets, staying), now)
      return reason === undefined ? [] : [{ folder, reason }]
    }),
    needlessParts: rule.unfinished === undefined ? [] : staying.filter(isComplete),
    kept: verdicts.flatMap(({ datasetId, goes: isGoing, reason }) =>
      isGoing || reason === undefined ? [] : [{ datasetId, reason }],
    ),
  }
}

function isComplete(dataset: DatasetFacts): boolean {
  return dataset.manifest !== undefined && !isPlanOnly(dataset)
}

function partsOf({ manifest }: DatasetFacts): DatasetId | undefined {
  return manifest?.partsOf === undefined ? undefined : (manifest.partsOf as DatasetId)
}

function ruledLanding(
  folder: LandingFolder,
  datasets: readonly DatasetFacts[],
  staying: readonly DatasetFacts[],
): { readonly usedAt: Date; readonly hasSealed: boolean } {
  const name = landingName(folder)
  const isOfIt = ({ pinned, manifest }: DatasetFacts): boolean => {
    const landing = pinned?.landing ?? manifest?.landing
    return landing !== undefined && landingName(landing) === name
  }
  const usedAt = datasets
    .filter(isOfIt)
    .reduce((latest, dataset) => laterOf(dataset.folder.beganAt, latest), folder.usedAt)
  return { usedAt, hasSealed: staying.some((dataset) => isOfIt(dataset) && isComplete(dataset)) }
}
