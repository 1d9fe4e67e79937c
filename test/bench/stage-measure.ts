import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSeconds } from './process-figures.ts'

export interface Measured {
  readonly seconds: number
  /** Of the processes that were named and all beneath them; 0 where the system does not tell. */
  readonly cpuSeconds: number
}

const endsHeardMs = 200

/** How long work takes, and how much processor time some process trees spend meanwhile. */
export async function measure(
  pids: readonly number[],
  work: () => Promise<unknown>,
): Promise<Measured> {
  const used = (): number =>
    Object.values(cpuSeconds(Object.fromEntries(pids.entries()))).reduce((sum, of) => sum + of, 0)
  const before = used()
  const began = performance.now()
  await work()
  const seconds = (performance.now() - began) / 1000
  // What a process has used is seen by its parent only once that has heard of its end.
  await sleep(endsHeardMs)
  return { seconds, cpuSeconds: used() - before }
}
