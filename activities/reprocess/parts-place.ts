import type { RunReference } from '../run-reference.ts'

/** Where the parts and rejects of a run's dataset lie: beside itself, or where they were made. */
export function partsPlace(run: RunReference): RunReference {
  return run.partsOf === undefined ? run : { ...run, ...run.partsOf }
}
