import { escapeKeySegment, type ObjectFacts } from '../../codec/index.ts'
import { parseValueOwner, type ValueOwner } from '../../codec/value-key.ts'
import type { RetentionPorts } from './blob-garbage.ts'
import type { GarbageFinding, GarbageRequest, GarbageSource } from './garbage.ts'
import { KeptTally } from './kept-tally.ts'
import type { RetentionHistories } from './retention-histories.ts'
import { defaultGraceMs } from './retention-rule.ts'
import { runsKeptForMs } from './runs-kept-for.ts'
import { decided } from './undecided.ts'

/**
 * What activities parked as claim values for runs that are gone: they live as long as the run that made
 * them is open or kept, and for the grace. They live on with a run that was reset from it, with the one that
 * it continued as, and, of the first run of a chain, with all of that: what it handed over is there to be
 * used. What must outlive that goes into a dataset.
 */
export function valueGarbage(ports: RetentionPorts): GarbageSource {
  return (request) => findValueGarbage(ports, request)
}

async function* findValueGarbage(
  { store, histories, graceMs = defaultGraceMs }: RetentionPorts,
  { now, signal }: GarbageRequest,
): AsyncGenerator<GarbageFinding, void> {
  const retentionMs = await runsKeptForMs({ store, histories }, signal)
  const cutMs = now.getTime() - retentionMs - graceMs
  const ownPrefix = `values/${escapeKeySegment(histories.namespace)}/`
  const kept = new KeptTally('value')
  // Values of one run lie side by side.
  let last: { readonly prefix: string; readonly need: string | undefined } | undefined
  for await (const object of store.list('values/', { signal })) {
    const { key, lastModified } = object
    if (!key.startsWith(ownPrefix)) {
      const subject = `${key.split('/').slice(0, 2).join('/')}/`
      kept.add(subject, 'is not of the namespace that is connected', object)
      continue
    }
    const owner = parseValueOwner(key)
    if (owner === undefined) {
      kept.add(ownPrefix, 'are no values by their keys', object)
      continue
    }
    if (lastModified.getTime() >= cutMs) {
      kept.add(ownPrefix, 'are too young', object)
      continue
    }
    const prefix = prefixOf(object)
    if (last?.prefix !== prefix) {
      const need = await decided(
        'A run cannot be looked up',
        signal,
        () => needOf(histories, owner, signal),
        { workflowId: owner.workflowId, runId: owner.runId },
      )
      last = { prefix, need }
    }
    if (last.need !== undefined) kept.add(prefix, last.need, object)
    else yield { garbage: { ...object, kind: 'value', reason: 'the run that made it is gone' } }
  }
  yield* kept.findings()
}

/** Why the values of a run are needed; undefined where they are not. */
async function needOf(
  histories: RetentionHistories,
  { workflowId, runId }: ValueOwner,
  signal: AbortSignal,
): Promise<string | undefined> {
  const run = await histories.findRun({ workflowId, runId, signal })
  if (run !== undefined)
    return run.closedAt === undefined ? 'the run is open' : 'the run is kept yet'
  // An activity that stands alone has no run.
  if (runId === '')
    return (await isHolder(histories, `activity ${workflowId}`, signal))
      ? 'the activity is kept yet'
      : undefined
  for await (const heir of histories.runs({ workflowId, signal })) {
    if (heir.runId === runId) continue
    for await (const first of histories.events({ ...heir, signal, pageSize: 1 })) {
      const started = first.workflowExecutionStartedEventAttributes
      if (started?.originalExecutionRunId !== heir.runId) return 'a run of this id was reset'
      if (started?.continuedExecutionRunId === runId || started?.firstExecutionRunId === runId)
        return 'the run goes on as another one'
      break
    }
  }
  return undefined
}

async function isHolder(
  histories: RetentionHistories,
  wanted: string,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { name } of histories.holders({ signal })) if (name === wanted) return true
  return false
}

function prefixOf({ key }: ObjectFacts): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}
