import { blobClaimsIn, parseBlobKey, type BlobClaim } from '../../codec/index.ts'
import { ordered } from '../../codec/ordered.ts'
import type { ExistingRun, RawEvent, RetentionHistories } from './retention-histories.ts'
import type { RetentionRule } from './retention-rule.ts'
import { decided, undecided } from './undecided.ts'

/** What something holds of old blobs. */
export interface HeldClaims {
  /** Says to a person who it is. */
  readonly holder: string
  readonly claims: readonly BlobClaim[]
  /** As of a `RawHolder`. */
  readonly hidesSince?: Date | undefined
}

const readAtOnce = 16

/**
 * The claims to old blobs that anything still holds.
 *
 * A run that began before the cut is read whole. Of a later one the first event is read: with it come
 * arguments, memo and last result that the server has copied, from a schedule, an earlier attempt, a cron's
 * or a continued run, or a parent that was reset. One that was reset itself has events of another run, and
 * is read whole. All else in the history of a later run was encoded after the cut.
 *
 * Runs that begin while others are read can have copied only from those that are listed, or have just
 * gone: so all are listed once more at the end, for those that were not there before.
 *
 * @throws PipelineError GARBAGE_UNDECIDED
 */
export async function* heldClaims(
  histories: RetentionHistories,
  rule: RetentionRule,
  signal: AbortSignal,
): AsyncGenerator<HeldClaims, void> {
  const seen = new Set<string>()
  async function* unseen(): AsyncGenerator<ExistingRun, void> {
    for await (const run of histories.runs({ signal })) {
      if (seen.has(run.runId)) continue
      seen.add(run.runId)
      yield run
    }
  }
  const read = async (run: ExistingRun): Promise<HeldClaims> => {
    const { workflowId, runId } = run
    const holder = `workflow ${workflowId}, run ${runId}${run.closedAt === undefined ? '' : ', which has ended'}`
    const claims = await decided(
      'A history cannot be read',
      signal,
      () => claimsOfRun(histories, rule, run, signal),
      { workflowId, runId },
    )
    return { holder, claims }
  }
  yield* ordered(unseen(), readAtOnce, read)
  for await (const { name, message, hidesSince } of histories.holders({ signal })) {
    const claims = await decided(
      'A claim cannot be read',
      signal,
      async () => oldClaims(message, histories, rule),
      { holder: name },
    )
    yield { holder: name, claims, hidesSince }
  }
  yield* ordered(unseen(), readAtOnce, read)
}

async function claimsOfRun(
  histories: RetentionHistories,
  rule: RetentionRule,
  run: ExistingRun,
  signal: AbortSignal,
): Promise<BlobClaim[]> {
  if (run.startedAt >= rule.cut) {
    const first = await firstEvent(histories, run, signal)
    if (first === undefined) return []
    if (!isInherited(first, run, rule)) return oldClaims(first, histories, rule)
  }
  const claims = new Map<string, BlobClaim>()
  const take = (message: unknown): void => {
    for (const claim of oldClaims(message, histories, rule)) claims.set(claim.key, claim)
  }
  for await (const event of histories.events({ ...run, signal })) take(event)
  // Asked after the history: what was pending before is in one of the two.
  if (run.closedAt === undefined) take(await histories.pending({ ...run, signal }))
  return [...claims.values()]
}

async function firstEvent(
  histories: RetentionHistories,
  run: ExistingRun,
  signal: AbortSignal,
): Promise<RawEvent | undefined> {
  for await (const event of histories.events({ ...run, signal, pageSize: 1 })) return event
  return undefined
}

/** Whether events that were noted before the cut stand in the history: copied from another run, by a reset. */
function isInherited(first: RawEvent, { runId }: ExistingRun, { cut }: RetentionRule): boolean {
  const started = first.workflowExecutionStartedEventAttributes
  if (!started) throw undecided('A history does not begin with a start')
  const notedMs = Number(first.eventTime?.seconds ?? 0) * 1000
  return started.originalExecutionRunId !== runId || notedMs < cut.getTime()
}

function oldClaims(
  message: unknown,
  { namespace }: RetentionHistories,
  rule: RetentionRule,
): BlobClaim[] {
  return blobClaimsIn(message).filter(
    ({ key, generation }) => rule.isOld(generation) && parseBlobKey(key)?.namespace === namespace,
  )
}
