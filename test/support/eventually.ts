import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks until the answer is not undefined; fails with what was waited for after `timeoutMs`, which no machine
 * takes that is only slow.
 */
export async function eventually<Result>(
  what: string,
  ask: () => Promise<Result | undefined>,
  timeoutMs = 60_000,
): Promise<Result> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(20)
  }
}
