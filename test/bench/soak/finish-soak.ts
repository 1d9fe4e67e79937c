import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ordered } from '../../../codec/ordered.ts'
import { createRetentionHistories } from '../../../src/client/retention-histories.ts'
import { checkMessage, checkRun, type CheckPorts } from './check-run.ts'
import { collectGarbage, type CollectPorts } from './collect-garbage.ts'
import { forgetRuns } from './forget-runs.ts'
import { leftKeys, oldBlobs } from './what-is-left.ts'

export interface FinishedFigures {
  /** Runs that the server was asked to forget, and listed still when nothing went on any more. */
  readonly lingering: number
  /** Blobs of weeks long over that something held when nothing went on any more. */
  readonly heldOld: number
  /** By the last collections. */
  readonly deletedAtEnd: number
  /** Garbage that a collection has left, and objects that are there after all is over. */
  readonly left: number
}

export interface FinishRequest {
  /** Runs that were forgotten. */
  readonly seen: Set<string>
  /** Lets go of what no run holds. */
  readonly remove: () => Promise<void>
}

const dayMs = 86_400_000
/** Longer than a week, the time that runs are kept, and any grace. */
const afterAllMs = 365 * dayMs
const checkedAtOnce = 4
const endMs = 300_000

/** Looks at all that is there; then lets go of it, and sees that it goes. */
export async function finishSoak(
  ports: CheckPorts & CollectPorts & { readonly say: (text: string) => void },
  { seen, remove }: FinishRequest,
): Promise<FinishedFigures> {
  const { client, store, clock, counts, say } = ports
  const { signal } = new AbortController()
  const histories = createRetentionHistories(client)
  say('decoding every history that is there')
  let lingering = 0
  const checks = ordered(histories.runs({ signal }), checkedAtOnce, async (run) => {
    if (seen.has(run.runId)) lingering += 1
    else await checkRun(ports, run, signal)
  })
  for await (const _ of checks) signal.throwIfAborted()
  for await (const { name, message } of histories.holders({ signal }))
    await checkMessage(ports, name, message)

  say('a collection while nothing is written')
  const now = clock.now()
  // The server still forgets runs that it was asked to: what only then became garbage is for the next one.
  const old = await oldBlobs(ports, now, signal)
  const swept = await collectGarbage(ports, { id: randomUUID(), now, signal })
  const stayed = new Set((await oldBlobs(ports, now, signal)).garbage)
  const leftOver = old.garbage.filter((key) => stayed.has(key))
  for (const key of leftOver) counts.troubles.push(`${key} is garbage, and is left`)

  say('letting go of all')
  await remove()
  const deadline = Date.now() + endMs
  for (;;) {
    await forgetRuns(ports, { keptMs: 0, seen })
    const runs = await Array.fromAsync(histories.runs({ signal }))
    const [first] = runs
    if (first === undefined) break
    if (Date.now() > deadline) {
      const how = first.closedAt === undefined ? 'end' : 'go'
      throw new Error(`${runs.length} runs are left: ${first.workflowId} does not ${how}`)
    }
    await delay(1_000)
  }
  const afterAll = new Date(clock.now().getTime() + afterAllMs)
  const last = await collectGarbage(ports, { id: randomUUID(), now: afterAll, signal })
  const left = await leftKeys(store, client.options)
  for (const key of left) counts.troubles.push(`${key} is left after all`)
  return {
    lingering,
    heldOld: old.held,
    deletedAtEnd: swept.deleted + last.deleted,
    left: leftOver.length + left.length,
  }
}
