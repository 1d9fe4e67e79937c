import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import type {
  ExistingRun,
  RawEvent,
  RawHolder,
  RetentionHistories,
} from '../../../activities/index.ts'

const { HistoryEvent } = proto.temporal.api.history.v1

export interface ModelRun {
  readonly workflowId: string
  readonly runId: string
  readonly startedAt: Date
  closedAt?: Date | undefined
  readonly events: RawEvent[]
  /** Of an activity that is under way. */
  heartbeat?: Payload | undefined
  readonly input: Payload
  readonly memo: Payload
  readonly repeats: 'never' | 'retry' | 'cron'
  readonly parent?: ModelRun | undefined
  /** The listing shows it from this question on. */
  readonly visibleFrom: number
}

const hourMs = 3_600_000
const pageRuns = 5
const pageEvents = 6

/**
 * What a Temporal server keeps and answers, as far as payloads are concerned: it copies them where a real
 * one does, forgets runs when they are over for long enough, and lists in pages, between which `onCall` may
 * change everything.
 */
export class ModelServer implements RetentionHistories {
  readonly namespace = 'default'
  readonly retention = 24 * hourMs
  readonly runsById = new Map<string, ModelRun>()
  readonly schedules = new Map<string, Payload>()
  readonly standalone = new Map<string, { readonly input: Payload; readonly closedAt?: Date }>()
  /** Runs between a question of the collector's and its answer. */
  onCall: () => Promise<void> = async () => undefined
  isStopped = false
  now: Date
  #questions = 0
  #runs = 0

  constructor(now: Date) {
    this.now = now
  }

  /** Begins a run with what its start brings along. */
  begin(
    run: Pick<ModelRun, 'workflowId' | 'input' | 'memo' | 'repeats' | 'parent'>,
    inherited: { readonly last?: Payload; readonly continuedFrom?: string } = {},
  ): ModelRun {
    this.#runs += 1
    const runId = `run-${this.#runs}`
    const begun: ModelRun = {
      ...run,
      runId,
      startedAt: this.now,
      events: [],
      visibleFrom: this.#questions + 1,
    }
    this.note(begun, {
      workflowExecutionStartedEventAttributes: {
        input: { payloads: [run.input] },
        memo: { fields: { note: run.memo } },
        originalExecutionRunId: runId,
        firstExecutionRunId: inherited.continuedFrom ?? runId,
        ...(inherited.continuedFrom === undefined
          ? {}
          : { continuedExecutionRunId: inherited.continuedFrom }),
        ...(inherited.last === undefined
          ? {}
          : { lastCompletionResult: { payloads: [inherited.last] } }),
      },
    })
    this.runsById.set(runId, begun)
    return begun
  }

  note(run: ModelRun, attributes: Record<string, unknown>): void {
    const event = HistoryEvent.fromObject({
      eventId: run.events.length + 1,
      eventTime: { seconds: Math.floor(this.now.getTime() / 1000) },
      ...attributes,
    })
    run.events.push(event)
  }

  /** Ends a run; what is to be repeated begins again with the same bytes. */
  end(run: ModelRun, outcome: 'completed' | 'failed', payload: Payload): void {
    run.closedAt = this.now
    run.heartbeat = undefined
    if (outcome === 'completed') {
      this.note(run, {
        workflowExecutionCompletedEventAttributes: { result: { payloads: [payload] } },
      })
    } else {
      const failure = { cause: { applicationFailureInfo: { details: { payloads: [payload] } } } }
      this.note(run, { workflowExecutionFailedEventAttributes: { failure } })
    }
    const { parent } = run
    if (parent !== undefined && parent.closedAt === undefined) {
      const result = { payloads: [payload] }
      this.note(parent, { childWorkflowExecutionCompletedEventAttributes: { result } })
    }
    const isAgain = run.repeats === 'cron' || (run.repeats === 'retry' && outcome === 'failed')
    if (isAgain)
      this.begin(run, {
        continuedFrom: run.runId,
        ...(outcome === 'completed' ? { last: payload } : {}),
      })
  }

  /** As the real one: the beginning of the history is copied, signals after it are applied again. */
  reset(base: ModelRun, keptEvents: number, startedAt: Date): ModelRun {
    if (base.closedAt === undefined) {
      base.closedAt = this.now
      base.heartbeat = undefined
    }
    this.#runs += 1
    const signals = base.events
      .slice(keptEvents)
      .filter((event) => event.workflowExecutionSignaledEventAttributes)
    const again: ModelRun = {
      ...base,
      closedAt: undefined,
      runId: `run-${this.#runs}`,
      startedAt,
      events: [...base.events.slice(0, keptEvents), ...signals],
      visibleFrom: this.#questions + 1,
    }
    this.runsById.set(again.runId, again)
    return again
  }

  passTime(hours: number): void {
    this.now = new Date(this.now.getTime() + hours * hourMs)
    const forgotten = (closedAt: Date | undefined): boolean =>
      closedAt !== undefined && closedAt.getTime() + this.retention < this.now.getTime()
    for (const [id, { closedAt }] of this.runsById)
      if (forgotten(closedAt)) this.runsById.delete(id)
    for (const [id, { closedAt }] of this.standalone)
      if (forgotten(closedAt)) this.standalone.delete(id)
  }

  /** Everything that the server could hand to somebody. */
  *messages(): Generator<unknown, void> {
    for (const { events, heartbeat } of this.runsById.values()) yield { events, heartbeat }
    yield* this.schedules.values()
    yield* this.standalone.values()
  }

  async namespaceId(): Promise<string> {
    return 'of the model'
  }

  async retentionMs(): Promise<number> {
    await this.#asked()
    return this.retention
  }

  async *runs({
    workflowId,
  }: {
    workflowId?: string | undefined
  }): AsyncGenerator<ExistingRun, void> {
    let cursor: ModelRun | undefined
    for (;;) {
      await this.#asked()
      // As they are now: whoever closes between two pages moves within the list.
      const place = cursor
      const page = [...this.runsById.values()]
        .filter((run) => run.visibleFrom <= this.#questions)
        .filter((run) => workflowId === undefined || run.workflowId === workflowId)
        .filter((run) => place === undefined || compare(place, run) < 0)
        .toSorted(compare)
        .slice(0, pageRuns)
        .map((run) => ({ ...run }))
      yield* page
      cursor = page.at(-1)
      if (cursor === undefined) return
    }
  }

  async findRun({ runId }: { runId: string }): Promise<ExistingRun | undefined> {
    await this.#asked()
    return this.runsById.get(runId)
  }

  async *events({ runId }: { runId: string }): AsyncGenerator<RawEvent, void> {
    for (let place = 0; ; place += pageEvents) {
      await this.#asked()
      const page = this.runsById.get(runId)?.events.slice(place, place + pageEvents) ?? []
      yield* page
      if (page.length < pageEvents) return
    }
  }

  async pending({ runId }: { runId: string }): Promise<unknown> {
    await this.#asked()
    return { pendingActivities: [{ heartbeatDetails: this.runsById.get(runId)?.heartbeat }] }
  }

  async *holders(): AsyncGenerator<RawHolder, void> {
    for (const id of Array.from(this.schedules.keys())) {
      await this.#asked()
      yield { name: id, message: { schedule: { input: this.schedules.get(id) } } }
    }
    for (const id of Array.from(this.standalone.keys())) {
      await this.#asked()
      yield { name: id, message: this.standalone.get(id) }
    }
  }

  async #asked(): Promise<void> {
    this.#questions += 1
    await this.onCall()
    if (this.isStopped) throw new Error('14 UNAVAILABLE: no connection')
  }
}

/** Open ones first, then those that closed last. */
function compare(left: ModelRun, right: ModelRun): number {
  const closed = (run: ModelRun): number => run.closedAt?.getTime() ?? Infinity
  if (closed(left) !== closed(right)) return closed(left) > closed(right) ? -1 : 1
  const started = right.startedAt.getTime() - left.startedAt.getTime()
  if (started !== 0) return started
  return left.runId < right.runId ? -1 : Number(left.runId > right.runId)
}
