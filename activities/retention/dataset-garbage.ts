import type { ObjectStore } from '../../codec/index.ts'
import { ordered } from '../../codec/ordered.ts'
import { datasetPrefix } from '../bucket-layout.ts'
import type { RetentionDefinition } from '../pipeline-definition.ts'
import { isPlanOnly, readDatasetFacts, type DatasetFacts } from './dataset-facts.ts'
import { listDatasetFolders, type DatasetFolder } from './dataset-folders.ts'
import { ageDays } from './dataset-rule.ts'
import { loadedLast, type DatasetLoads, type PartitionRuns } from './dataset-use.ts'
import type { GarbageFinding, GarbageRequest, GarbageSource } from './garbage.ts'
import { listLandings, type LandingFolder } from './landing-folders.ts'
import { datasetObjects, landingObjects, needlessParts } from './partition-objects.ts'
import { judgePartition, type PartitionVerdict } from './partition-verdict.ts'
import { decided } from './undecided.ts'

export interface DatasetGarbagePorts {
  readonly store: ObjectStore
  readonly runs: PartitionRuns
  readonly loads: DatasetLoads
  /** What terminated loads of other targets have left, in this store. @default nothing is looked for */
  readonly leftovers?: (
    datasets: readonly DatasetFacts[],
    rule: RetentionDefinition,
    request: GarbageRequest,
  ) => AsyncIterable<GarbageFinding>
}

/** Attempts of a run that has ended may still be on their way to hear of it. */
const quietMs = 10 * 60_000

const readsAtOnce = 8

/**
 * Datasets and landings that go by the `retention:` of their pipelines.
 *
 * Nothing of a partition goes while a run of it is open, which is asked for behind all other looks. What
 * goes is at least a day old, far more than clocks differ, and a run that begins later makes a dataset of its
 * own. Two things can still come to need what is old, and for neither the rows of a table are at stake: a
 * load that chooses the newest landing of its source, as nothing of that is published, in the moment in which
 * it goes (it fetches again what it does not find, or fails and is started again), and a run that makes a
 * dataset again that goes in the moment in which it is asked for (it fails before anything is published).
 */
export function datasetGarbage(ports: DatasetGarbagePorts): GarbageSource {
  return async function* (request) {
    const { signal } = request
    const folders = await decided('the datasets cannot be listed', signal, () =>
      listDatasetFolders(ports.store, {}, { signal }),
    )
    for (const [pipeline, datasets] of Map.groupBy(folders, (folder) => folder.pipeline)) {
      yield* pipelineGarbage(ports, pipeline, datasets, request)
    }
  }
}

/** @param folders All of the pipeline, the newest run first. */
async function* pipelineGarbage(
  ports: DatasetGarbagePorts,
  pipeline: string,
  folders: readonly DatasetFolder[],
  request: GarbageRequest,
): AsyncGenerator<GarbageFinding> {
  const { store } = ports
  const { signal } = request
  const subject = `datasets/${pipeline}/`
  const newest = await newestRun(ports, folders, signal)
  if (newest?.pinned === undefined) {
    const reason = 'no run of the pipeline says by what rule it goes'
    yield { kept: { kind: 'dataset', subject, reason } }
    return
  }
  const { retention: rule } = newest.pinned.definition
  if (rule === undefined) {
    yield { kept: { kind: 'dataset', subject, reason: 'its newest run has no `retention:`' } }
    return
  }
  const landings = await decided('the landings cannot be listed', signal, () =>
    listLandings(store, pipeline, { signal }),
  )
  const datasets = Map.groupBy(folders, ({ partition }) => partition)
  for (const partition of new Set([...datasets.keys(), ...landings.keys()])) {
    yield* partitionGarbage(
      ports,
      {
        pipeline,
        partition,
        rule,
        newest: newest.folder,
        folders: datasets.get(partition) ?? [],
        landings: landings.get(partition) ?? [],
      },
      request,
    )
  }
}

/** The newest run that was more than a plan: its definition has the rule. */
async function newestRun(
  { store }: DatasetGarbagePorts,
  folders: readonly DatasetFolder[],
  signal: AbortSignal,
): Promise<DatasetFacts | undefined> {
  for (const folder of folders.filter(({ hasDefinition }) => hasDefinition)) {
    const facts = await decided('a definition cannot be read', signal, () =>
      readDatasetFacts(store, { ...folder, isSealed: false }, { signal }),
    )
    if (!isPlanOnly(facts)) return facts
  }
  return undefined
}

interface Partition {
  readonly pipeline: string
  readonly partition: string
  readonly rule: RetentionDefinition
  readonly newest: DatasetFolder
  readonly folders: readonly DatasetFolder[]
  readonly landings: readonly LandingFolder[]
}

async function* partitionGarbage(
  ports: DatasetGarbagePorts,
  place: Partition,
  request: GarbageRequest,
): AsyncGenerator<GarbageFinding> {
  const { store } = ports
  const { signal } = request
  const { pipeline, partition, rule, folders } = place
  const subject = `datasets/${pipeline}/${partition}/`
  if (!hasOld(place, request)) return
  const datasets = await decided('a dataset cannot be read', signal, () =>
    Array.fromAsync(
      ordered(folders, readsAtOnce, (folder) => readDatasetFacts(store, folder, { signal })),
    ),
  )
  const unclear = datasets.find(({ trouble }) => trouble !== undefined)
  if (unclear !== undefined) {
    // What it needs of the others is not known either.
    const reason = `${datasetPrefix(unclear.folder)} says nothing that is understood`
    yield { kept: { kind: 'dataset', subject, reason } }
    return
  }
  const loads = await decided('what was loaded cannot be looked up', signal, () =>
    ports.loads.findLoads({ datasets: datasets.flatMap(loadedDataset), signal }),
  )
  const newest = place.newest.datasetId
  const facts = { ...place, ...request, datasets, newest, loadedLast: loadedLast(loads) }
  const verdict = judgePartition(facts)
  for (const { datasetId, reason } of verdict.kept) {
    yield { kept: { kind: 'dataset', subject: `${subject}${datasetId}/`, reason } }
  }
  const found: GarbageFinding[] = []
  for await (const garbage of garbageOf(store, verdict, rule, request)) found.push({ garbage })
  for await (const finding of ports.leftovers?.(datasets, rule, request) ?? []) found.push(finding)
  if (found.length === 0) return
  const use = await decided('the runs cannot be looked up', signal, () =>
    ports.runs.partitionUse({
      pipeline,
      partition,
      datasetIds: folders.map(({ datasetId }) => datasetId),
      signal,
    }),
  )
  if (use.kind === 'open') {
    yield { kept: { kind: 'dataset', subject, reason: `the run ${use.workflowId} is open` } }
  } else if (use.endedAt !== undefined && Number(use.endedAt) + quietMs > Number(request.now)) {
    const reason = 'a run of it ended only minutes ago'
    yield { kept: { kind: 'dataset', subject, reason } }
  } else {
    yield* found
  }
}

/** Whether anything is as old as some rule wants: of most partitions nothing has to be read. */
function hasOld({ folders, landings, rule }: Partition, { now }: GarbageRequest): boolean {
  const { datasets, unfinished } = rule
  // A count alone says nothing of age, but what is written today stays.
  const days = [datasets && (datasets.days ?? 1), rule.landings?.days, unfinished?.days]
  const least = Math.max(Math.min(...days.flatMap((each) => each ?? [])), 1)
  // By its beginning: what lies in it is younger.
  const since = [...folders.map(({ beganAt }) => beganAt), ...landings.map(({ usedAt }) => usedAt)]
  return since.some((time) => ageDays(time, now) >= least)
}

/** One without a manifest too: where it was loaded, somebody has lost that, and it was not given up. */
function loadedDataset({ folder, pinned }: DatasetFacts) {
  if (pinned === undefined) return []
  return [{ datasetId: folder.datasetId, target: pinned.definition.target }]
}

async function* garbageOf(
  store: ObjectStore,
  verdict: PartitionVerdict,
  { unfinished }: RetentionDefinition,
  { now, signal }: GarbageRequest,
) {
  for (const { facts, reason } of verdict.datasets) {
    yield* datasetObjects(store, facts.folder, reason, signal)
  }
  for (const { folder, reason } of verdict.landings) {
    yield* landingObjects(store, folder, reason, signal)
  }
  for (const facts of verdict.needlessParts) {
    yield* needlessParts(store, facts, { days: unfinished?.days ?? 1, now, signal })
  }
}
