import type { Interval } from '../../../activities/pipeline-definition.ts'
import { parsePartition } from '../../pipeline/partition.ts'

/** No clock is further away from that of UTC. */
const clocksApartMs = 26 * 3_600_000

/**
 * What the slice of a manifest can be by its name, so that not every manifest has to be read: a name says
 * by the clock of UTC what the slice may be of by another one. Undefined for the name of no slice.
 */
export function widestInterval(name: string): Interval | undefined {
  try {
    const { start, end } = parsePartition(name).interval
    return { start: moved(start, -clocksApartMs), end: moved(end, clocksApartMs) }
  } catch {
    return undefined
  }
}

function moved(moment: string, byMs: number): string {
  return new Date(Date.parse(moment) + byMs).toISOString()
}
