import type { CallOptions, ObjectStore } from '../../codec/index.ts'
import type { LandingReference } from '../run-reference.ts'

/** What a listing tells of a landing. */
export interface LandingFolder extends LandingReference {
  readonly pipeline: string
  readonly partition: string
  /** When its newest object was written, or a run last chose it. */
  readonly usedAt: Date
  readonly sizeBytes: number
  readonly objectCount: number
}

const landingObject = /^landing\/[^/]+\/([^/]+)\/([^/]+)\/(?:(\d{4,})\/.+|state\.json)$/

/** The landings of a pipeline by partition, as one listing has them. */
export async function listLandings(
  store: ObjectStore,
  pipeline: string,
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly LandingFolder[]>> {
  const found = new Map<string, LandingFolder>()
  const chosen: { partition: string; fetchKey: string; at: Date }[] = []
  for await (const object of store.list(`landing/${pipeline}/`, options)) {
    const { key, sizeBytes, lastModified } = object
    const [, partition = '', fetchKey, number] = landingObject.exec(key) ?? []
    if (fetchKey === undefined) continue
    if (number === undefined) {
      chosen.push({ partition, fetchKey, at: lastModified })
      continue
    }
    const name = `${partition}/${fetchKey}/${number}`
    const before = found.get(name)
    found.set(name, {
      pipeline,
      partition,
      fetchKey,
      sequence: Number(number),
      usedAt: laterOf(lastModified, before?.usedAt),
      sizeBytes: sizeBytes + (before?.sizeBytes ?? 0),
      objectCount: 1 + (before?.objectCount ?? 0),
    })
  }
  const byPartition = Map.groupBy(found.values(), ({ partition }) => partition)
  for (const { partition, fetchKey, at } of chosen) {
    const ofKey = (byPartition.get(partition) ?? []).filter((each) => each.fetchKey === fetchKey)
    // The newest is the one that runs choose; those before it had their time.
    const newest = ofKey.toSorted((one, other) => other.sequence - one.sequence)[0]
    if (newest === undefined) continue
    const others = (byPartition.get(partition) ?? []).filter((each) => each !== newest)
    byPartition.set(partition, [...others, { ...newest, usedAt: laterOf(at, newest.usedAt) }])
  }
  return byPartition
}

/** The same for the same landing of a partition. */
export function landingName({ fetchKey, sequence }: LandingReference): string {
  return `${fetchKey}/${sequence}`
}

export function laterOf(one: Date, other: Date | undefined): Date {
  return other === undefined || one > other ? one : other
}
