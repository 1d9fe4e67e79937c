import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { historyEvents, isNotFound } from '../../../src/client/raw-histories.ts'
import { messageOf } from './message-of.ts'
import { contentCount, contentOf, isLarge } from './soak-content.ts'
import type { SoakCounts } from './soak-counts.ts'
import type { failing, gathering, retried } from './soak-workflows.ts'

export interface WriterPorts {
  /** With the codec. */
  readonly client: Client
  readonly taskQueue: string
  readonly counts: SoakCounts
  readonly random: () => number
  /** Most of what one activity or one pause takes. */
  readonly longestMs: number
}

/** A workflow, and which content it has returned. */
export interface Ended {
  readonly workflowId: string
  readonly number: number
}

const mostEnded = 200

/** A client that starts one workflow after the other and looks at what comes back. */
export class Writer {
  readonly #ports: WriterPorts
  /** Of all writers: what may be reset. */
  readonly #ended: Ended[]

  constructor(ports: WriterPorts, ended: Ended[]) {
    this.#ports = ports
    this.#ended = ended
  }

  async run(signal: AbortSignal): Promise<void> {
    const { counts, random } = this.#ports
    while (!signal.aborted) {
      const what = random()
      try {
        if (what < 0.55) await this.#gather()
        else if (what < 0.7) await this.#retry()
        else if (what < 0.85) await this.#fail()
        else await this.#reset()
      } catch (error) {
        counts.troubles.push(`a workflow: ${messageOf(error)}`)
      }
    }
  }

  async #gather(): Promise<void> {
    const { client, random, longestMs, counts } = this.#ports
    const numbers = [this.#number(), this.#number(), this.#number(), this.#number()] as const
    const [own, , childs, next] = numbers
    const continues = Math.floor(random() * 3)
    // Mostly short ones.
    const forMs = Math.floor(random() ** 3 * longestMs)
    const parked = { numbers: [], claims: [] }
    const options = this.#options('gathering', own)
    const handle = await client.workflow.start<typeof gathering>('gathering', {
      ...options,
      args: [{ numbers, content: contentOf(own), parked, continues, forMs }],
    })
    if (random() < 0.5) await this.#tell(handle)
    // The numbers go round.
    const last = [own, next, childs][continues] ?? own
    this.#require(await handle.result(), last)
    this.#ended.push({ workflowId: options.workflowId, number: last })
    if (this.#ended.length > mostEnded) this.#ended.shift()
    counts.workflows += 1
  }

  async #tell(handle: WorkflowHandle): Promise<void> {
    await delay(this.#ports.random() * 500)
    const number = this.#number()
    try {
      await handle.signal('tell', { number, content: contentOf(number) })
      this.#ports.counts.signals += 1
    } catch (error) {
      // It has ended before it heard.
      if (!hasEnded(error)) throw error
    }
  }

  async #retry(): Promise<void> {
    const { client, counts } = this.#ports
    const number = this.#number()
    const handle = await client.workflow.start<typeof retried>('retried', {
      ...this.#options('retried', number),
      args: [contentOf(number), number],
      retry: { maximumAttempts: 3, initialInterval: '200ms' },
    })
    this.#require(await handle.result(), number)
    counts.workflows += 1
  }

  async #fail(): Promise<void> {
    const { client, counts } = this.#ports
    const number = this.#number()
    const handle = await client.workflow.start<typeof failing>('failing', {
      ...this.#options('failing', number),
      args: [contentOf(number)],
    })
    const failure: unknown = await handle.result().catch((error: unknown) => error)
    if (!(failure instanceof WorkflowFailedError)) throw failure
    const { cause } = failure
    this.#require(cause instanceof ApplicationFailure ? cause.details?.[0] : cause, number)
    counts.workflows += 1
  }

  /** One that has ended begins again from one of its tasks, with what stood in the history by then. */
  async #reset(): Promise<void> {
    const { client, counts, random } = this.#ports
    const [ended] = this.#ended.splice(Math.floor(random() * this.#ended.length), 1)
    if (ended === undefined) return delay(100)
    const { workflowId, number } = ended
    const { namespace } = client.options
    try {
      const { runId } = await client.workflow.getHandle(workflowId).describe()
      const { signal } = new AbortController()
      const events = await Array.fromAsync(historyEvents(client, { workflowId, runId }, signal))
      const tasks = events.filter((event) => event.workflowTaskCompletedEventAttributes)
      const task = tasks[Math.floor(random() * tasks.length)]
      const again = await client.workflowService.resetWorkflowExecution({
        namespace,
        workflowExecution: { workflowId, runId },
        workflowTaskFinishEventId: task?.eventId ?? null,
        requestId: randomUUID(),
      })
      this.#require(await client.workflow.getHandle(workflowId, again.runId).result(), number)
      counts.resets += 1
    } catch (error) {
      // The server has forgotten it meanwhile.
      if (!hasEnded(error)) throw error
    }
  }

  #options(type: string, number: number) {
    return {
      workflowId: `${type}-${randomUUID()}`,
      taskQueue: this.#ports.taskQueue,
      memo: { note: contentOf(isLarge(number) ? 1 : number) },
    }
  }

  #number(): number {
    return Math.floor(this.#ports.random() * contentCount)
  }

  #require(text: unknown, number: number): void {
    if (text !== contentOf(number)) throw new Error(`another result than ${number}`)
  }
}

function hasEnded(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || isNotFound(error)
}
