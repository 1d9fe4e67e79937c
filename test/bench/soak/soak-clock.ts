/**
 * How fast the time of a soak passes: a day of it takes `dayMs` of the machine. Writers, the store's times and
 * the server's go by it, so that a week ends, and what was written in it becomes garbage, while one watches.
 */
export interface SoakPace {
  readonly beganAtMs: number
  readonly dayMs: number
}

export interface SoakClock {
  readonly now: () => Date
  /** The time of the soak at a moment of the machine. */
  at(machineMs: number): Date
  /** How much of that time passes in so many milliseconds of the machine. */
  span(machineMs: number): number
}

const dayMs = 86_400_000

/** Long before any real week, so that nothing else judges by the weeks of a soak. */
const firstMoment = Date.UTC(2001, 0, 1)

/** The same clock in every process that is told the same pace. */
export function createSoakClock(pace: SoakPace): SoakClock {
  const span = (machineMs: number): number => (machineMs * dayMs) / pace.dayMs
  const at = (machineMs: number): Date => new Date(firstMoment + span(machineMs - pace.beganAtMs))
  return { span, at, now: () => at(Date.now()) }
}
