import type { LoadInput } from '../load-input.ts'

/** Puts loads in an order in which each comes behind its upstreams. */
export function upstreamsFirst(loads: readonly LoadInput[]): LoadInput[] {
  const byName = new Map(loads.map((load) => [load.definition.name, load]))
  const ordered = new Set<LoadInput>()
  const seen = new Set<LoadInput>()
  const add = (load: LoadInput | undefined): void => {
    if (load === undefined || seen.has(load)) return
    seen.add(load)
    for (const { pipeline } of load.definition.after ?? []) add(byName.get(pipeline))
    ordered.add(load)
  }
  for (const load of loads) add(load)
  return [...ordered]
}
