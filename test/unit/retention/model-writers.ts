import { randomBytes } from 'node:crypto'
import type { Payload } from '@temporalio/common'
import {
  ClaimCheckCodec,
  createClaims,
  staticKeys,
  type Claims,
  type ObjectStore,
} from '../../../codec/index.ts'
import { inActivityContext } from '../codec/activity-samples.ts'
import { first, payloadOf } from '../codec/codec-samples.ts'
import type { ModelRun, ModelServer } from './model-server.ts'

const keys = staticKeys({ keys: { '2026-11': randomBytes(32) } })

/** Contents come again: so blobs are shared, within a week and over weeks. */
const contents = Array.from({ length: 80 }, () => randomBytes(1_400))
const small = Buffer.from('"small"')

/** Clients and workers that do at random what those of a real server do, through the real codec. */
export class ModelWriters {
  readonly codec: ClaimCheckCodec
  /** Encoded, and not noted by the server yet. */
  readonly underWay = new Map<number, { readonly payload: Payload; readonly arrive: () => void }>()
  readonly values: { readonly run: ModelRun; readonly key: string }[] = []
  readonly #claims: Claims
  readonly #server: ModelServer
  readonly #random: () => number
  #names = 0

  constructor(server: ModelServer, store: ObjectStore, random: () => number) {
    this.#server = server
    this.#random = random
    const clock = (): Date => server.now
    const options = { store, namespace: server.namespace, encryption: keys, clock }
    this.codec = new ClaimCheckCodec({ ...options, thresholdBytes: 1_024, cacheBytes: 0 })
    this.#claims = createClaims(options)
  }

  async act(): Promise<void> {
    const run = this.#one([...this.#server.runsById.values()])
    const open = this.#one([...this.#server.runsById.values()].filter(({ closedAt }) => !closedAt))
    const action = this.#random()
    if (action < 0.1 || run === undefined) return this.#start()
    if (action < 0.18) return this.#reset(run)
    if (action < 0.24) return this.#schedule()
    if (action < 0.31) return this.#tick()
    if (action < 0.33) return this.#standalone()
    if (action < 0.36) return this.arrive()
    if (open === undefined) return
    if (action < 0.5) return this.#activity(open)
    if (action < 0.6) return this.#beat(open)
    if (action < 0.66) return this.#signal(open)
    if (action < 0.72) return this.#child(open)
    if (action < 0.79) return this.#continueAsNew(open)
    if (action < 0.83) return this.#park(open)
    const outcome = this.#random() < 0.5 ? 'completed' : 'failed'
    const payload = await this.#encode()
    if (open.closedAt === undefined) this.#server.end(open, outcome, payload)
  }

  /** Nothing goes on: all runs end for good, all schedules are removed. */
  stop(): void {
    this.arrive()
    this.#server.schedules.clear()
    for (const [name, { input }] of this.#server.standalone)
      this.#server.standalone.set(name, { input, closedAt: this.#server.now })
    for (const run of this.#server.runsById.values()) run.closedAt ??= this.#server.now
  }

  async #start(): Promise<void> {
    const input = await this.#encode()
    const memo = this.#random() < 0.3 ? await this.#encode() : payloadOf(small)
    const repeats = this.#one(['never', 'never', 'retry', 'cron'] as const) ?? 'never'
    this.#names += 1
    const workflowId = `workflow-${this.#names}`
    this.#later(input, () =>
      this.#server.begin({ workflowId, input, memo, repeats, parent: undefined }),
    )
  }

  async #activity(run: ModelRun): Promise<void> {
    const result = await this.#encode()
    this.#later(result, () => {
      if (run.closedAt !== undefined || !this.#server.runsById.has(run.runId)) return
      this.#server.note(run, {
        activityTaskCompletedEventAttributes: { result: { payloads: [result] } },
      })
      run.heartbeat = undefined
    })
  }

  async #beat(run: ModelRun): Promise<void> {
    const payload = await this.#encode()
    if (run.closedAt === undefined) run.heartbeat = payload
  }

  async #signal(run: ModelRun): Promise<void> {
    const input = await this.#encode()
    if (run.closedAt !== undefined) return
    this.#server.note(run, {
      workflowExecutionSignaledEventAttributes: { input: { payloads: [input] } },
    })
  }

  async #child(parent: ModelRun): Promise<void> {
    const input = await this.#encode()
    if (parent.closedAt !== undefined) return
    this.#server.note(parent, {
      startChildWorkflowExecutionInitiatedEventAttributes: { input: { payloads: [input] } },
    })
    this.#beginChild(parent, input)
  }

  #beginChild(parent: ModelRun, input: Payload): void {
    this.#names += 1
    const workflowId = `child-${this.#names}`
    const memo = payloadOf(small)
    this.#server.begin({ workflowId, input, memo, repeats: 'never', parent })
  }

  async #continueAsNew(run: ModelRun): Promise<void> {
    const input = await this.#encode()
    if (run.closedAt !== undefined) return
    run.closedAt = this.#server.now
    run.heartbeat = undefined
    this.#server.note(run, {
      workflowExecutionContinuedAsNewEventAttributes: { input: { payloads: [input] } },
    })
    // The memo is the server's copy.
    this.#server.begin({ ...run, input }, { continuedFrom: run.runId })
  }

  #reset(base: ModelRun): void {
    const kept = 1 + Math.floor(this.#random() * base.events.length)
    const startedAt = this.#random() < 0.5 ? this.#server.now : base.startedAt
    const again = this.#server.reset(base, kept, startedAt)
    const started = again.events.findLast(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes,
    )?.startChildWorkflowExecutionInitiatedEventAttributes?.input?.payloads?.[0]
    // One that was not begun before the reset is begun with the bytes of then.
    if (started !== undefined && this.#random() < 0.5) this.#beginChild(again, started)
  }

  async #schedule(): Promise<void> {
    const { schedules } = this.#server
    const name = this.#one([...schedules.keys()])
    if (name !== undefined && this.#random() < 0.4) schedules.delete(name)
    else {
      this.#names += 1
      schedules.set(name ?? `schedule-${this.#names}`, await this.#encode())
    }
  }

  #tick(): void {
    const schedule = this.#one([...this.#server.schedules])
    if (schedule === undefined) return
    const [name, input] = schedule
    const memo = payloadOf(small)
    this.#names += 1
    const workflowId = `${name}-${this.#names}`
    this.#server.begin({ workflowId, input, memo, repeats: 'never', parent: undefined })
  }

  async #standalone(): Promise<void> {
    this.#names += 1
    this.#server.standalone.set(`activity-${this.#names}`, { input: await this.#encode() })
  }

  async #park(run: ModelRun): Promise<void> {
    const { workflowId, runId } = run
    const { key } = await inActivityContext(
      () => this.#claims.parkValue(contents.map((content) => content.toString('hex').slice(0, 40))),
      { info: { workflowExecution: { workflowId, runId } } },
    )
    this.values.push({ run, key })
  }

  async #encode(): Promise<Payload> {
    const content = this.#one(contents) ?? small
    return first(await this.codec.encode([payloadOf(content)]))
  }

  /** The server hears of it some time later, or at once. */
  #later(payload: Payload, arrive: () => void): void {
    if (this.#random() < 0.7) return arrive()
    this.#names += 1
    this.underWay.set(this.#names, { payload, arrive })
  }

  /** What is under way does not stay so for longer than hours. */
  arrive(): void {
    for (const [place, { arrive }] of this.underWay) {
      this.underWay.delete(place)
      arrive()
    }
  }

  #one<T>(things: readonly T[]): T | undefined {
    return things[Math.floor(this.#random() * things.length)]
  }
}
