import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ScheduleClient, ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client'
import { messageOf } from './message-of.ts'
import { contentCount, contentOf } from './soak-content.ts'
import type { keeping, repeated } from './soak-workflows.ts'
import type { WriterPorts } from './write-workflows.ts'

const keeperCount = 3
const scheduleCount = 2

/**
 * What holds payloads of the first week to the end: runs that stay open and are told more from time to time,
 * schedules with large arguments, and one that repeats itself.
 */
export class SoakKeepers {
  readonly #ports: WriterPorts
  readonly #schedules: ScheduleClient
  readonly #scheduleIds: string[] = []
  readonly #keepers: { readonly handle: WorkflowHandle<typeof keeping>; told: number }[] = []
  #cron: WorkflowHandle | undefined

  constructor(ports: WriterPorts) {
    this.#ports = ports
    const { connection, options } = ports.client
    const { namespace, dataConverter } = options
    this.#schedules = new ScheduleClient({ connection, namespace, dataConverter })
  }

  /** @param everyMs How often schedules and the one that repeats itself begin a run. */
  async begin(everyMs: number): Promise<void> {
    const { client, taskQueue } = this.#ports
    for (let index = 0; index < keeperCount; index += 1) {
      const number = 1 + index
      const handle = await client.workflow.start<typeof keeping>('keeping', {
        workflowId: `keeping-${randomUUID()}`,
        taskQueue,
        args: [contentOf(number), number],
      })
      this.#keepers.push({ handle, told: 1 })
    }
    for (let index = 0; index < scheduleCount; index += 1) {
      const number = 1 + keeperCount + index
      const scheduleId = `repeated-${randomUUID()}`
      await this.#schedules.create({
        scheduleId,
        spec: { intervals: [{ every: everyMs }] },
        policies: { overlap: ScheduleOverlapPolicy.SKIP },
        action: {
          type: 'startWorkflow',
          workflowType: 'repeated',
          taskQueue,
          args: [contentOf(number), number],
        },
      })
      this.#scheduleIds.push(scheduleId)
    }
    const number = 1 + keeperCount + scheduleCount
    this.#cron = await client.workflow.start<typeof repeated>('repeated', {
      workflowId: `cron-${randomUUID()}`,
      taskQueue,
      args: [contentOf(number), number],
      cronSchedule: `@every ${Math.ceil(everyMs / 1000)}s`,
    })
  }

  /** Tells them more, every `everyMs`, until the signal. */
  async tell(everyMs: number, signal: AbortSignal): Promise<void> {
    const { random, counts } = this.#ports
    while (!signal.aborted) {
      for (const keeper of this.#keepers) {
        const number = Math.floor(random() * contentCount)
        await keeper.handle.signal('tell', { number, content: contentOf(number) })
        keeper.told += 1
        counts.signals += 1
      }
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** The runs end, and have held all that they were told; the schedules hold what they hold, and rest. */
  async end(): Promise<void> {
    const { counts } = this.#ports
    for (const id of this.#scheduleIds) await this.#schedules.getHandle(id).pause()
    await this.#cron?.terminate()
    for (const { handle, told } of this.#keepers) {
      try {
        await handle.signal('end')
        const held = await handle.result()
        if (held !== told) counts.troubles.push(`${handle.workflowId} held ${held} of ${told}`)
        counts.workflows += 1
      } catch (error) {
        counts.troubles.push(`${handle.workflowId}: ${messageOf(error)}`)
      }
    }
  }

  async remove(): Promise<void> {
    for (const id of this.#scheduleIds) await this.#schedules.getHandle(id).delete()
  }
}
