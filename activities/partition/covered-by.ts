import type { Interval } from '../pipeline-definition.ts'
import type { Partition } from './name-partition.ts'

/** A slice that was loaded; earlier versions wrote down its name alone. */
export interface LoadedSlice {
  readonly name: string
  readonly interval: Interval | undefined
}

/**
 * Names of the slices that one of the loads covers: it is of that name, or its interval has all of the
 * slice. Several loads that have it together do not count: what lay between them is not known.
 */
export function coveredBy(
  slices: readonly Partition[],
  loads: readonly LoadedSlice[],
): ReadonlySet<string> {
  const names = new Set(loads.map(({ name }) => name))
  const loaded = loads
    .flatMap(({ interval }) => (interval === undefined ? [] : [toRange(interval)]))
    .toSorted((one, other) => one.startMs - other.startMs)
  const covered = new Set<string>()
  let next = 0
  let latestEndMs = -Infinity
  const wanted = slices.map(({ name, interval }) => ({ name, ...toRange(interval) }))
  for (const { name, startMs, endMs } of wanted.toSorted((a, b) => a.startMs - b.startMs)) {
    for (let load = loaded[next]; load !== undefined && load.startMs <= startMs;) {
      latestEndMs = Math.max(latestEndMs, load.endMs)
      next += 1
      load = loaded[next]
    }
    if (names.has(name) || latestEndMs >= endMs) covered.add(name)
  }
  return covered
}

/**
 * The same of loads that each took the place of all there was: the one of the latest slice stands for
 * all slices before it, whose rows would only bring the past back.
 */
export function coveredByLatest(
  slices: readonly Partition[],
  loads: readonly LoadedSlice[],
): ReadonlySet<string> {
  const latestEndMs = loads.reduce(
    (latest, { interval }) =>
      interval === undefined ? latest : Math.max(latest, toRange(interval).endMs),
    -Infinity,
  )
  const before = slices.filter(({ interval }) => toRange(interval).endMs <= latestEndMs)
  return new Set([...coveredBy(slices, loads), ...before.map(({ name }) => name)])
}

function toRange({ start, end }: Interval): { readonly startMs: number; readonly endMs: number } {
  return { startMs: Date.parse(start), endMs: Date.parse(end) }
}
