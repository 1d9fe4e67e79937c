import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'node:test'
import { ScheduleNotFoundError, type Client, type ScheduleClient } from '@temporalio/client'
import { scheduleIdOf } from '../../../activities/schedule/schedule-tick-input.ts'
import { listAppliedSchedules } from '../../../src/client/applied-schedule.ts'
import { listScheduleStatus } from '../../../src/client/schedule-status.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

const { signal } = new AbortController()
const now = new Date('2026-11-04T12:00:00Z')
const names = Array.from({ length: 30 }, (_, number) => `p${String(number).padStart(2, '0')}`)

/** Schedules that answer in no order; `p07` has arguments of somebody else, `p03` is gone. */
class SlowSchedules {
  mostAtOnce = 0
  asked = 0
  broken: string | undefined
  #atOnce = 0

  async *list() {
    for (const name of names.toReversed())
      yield { scheduleId: scheduleIdOf(name), action: { workflowType: 'scheduleTick' } }
  }

  getHandle(scheduleId: string) {
    return { describe: () => this.#describe(scheduleId) }
  }

  async #describe(scheduleId: string) {
    this.asked += 1
    this.#atOnce += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce)
    const name = names.find((each) => scheduleIdOf(each) === scheduleId) ?? ''
    await sleep((7 * (30 - Number(name.slice(1)))) % 11)
    this.#atOnce -= 1
    if (name === 'p03') throw new ScheduleNotFoundError('gone', scheduleId)
    if (name === this.broken) throw new TypeError('Temporal is away')
    const definition = plainDefinition(name, { schedule })
    const since = name === 'p01' ? '2027-01-01T00:00:00.000Z' : now.toISOString()
    const tick = { definition, downstream: [], since, appliedFrom: applied }
    return {
      scheduleId,
      action: { taskQueue: 'q', args: name === 'p07' ? [{}] : [tick] },
      state: { paused: false },
      info: { recentActions: [] },
    }
  }
}

const schedule = { every: 'day', hour: 2, minute: 0, timezone: 'UTC', catchupMs: 1 } as const
const applied = { file: 'f', digest: 'd' }
const coverage = { coveredSlices: async () => new Set<string>() }

function listStatus(schedules: SlowSchedules) {
  const client = {} as unknown as Client
  const request = { client, coverage, now, signal, taskQueue: 'q', known: ['p00'] }
  return listScheduleStatus(schedules as unknown as ScheduleClient, request)
}

describe('schedules', () => {
  test('are read side by side, a few at once, and told by name', async () => {
    const schedules = new SlowSchedules()
    const readings = await listStatus(schedules)
    assert.deepEqual(
      readings.map((reading) => (reading.kind === 'read' ? reading.status.pipeline : reading.kind)),
      names.filter((name) => name !== 'p03').map((name) => (name === 'p07' ? 'failed' : name)),
    )
    assert.equal(schedules.mostAtOnce, 8)
    // One of them counts from the next year on.
    const next = readings.map((reading) => reading.kind === 'read' && reading.status.next)
    assert.deepEqual(next.slice(0, 2), ['2026-11-05T02:00:00Z', '2027-01-01T02:00:00Z'])
    const listed = await listAppliedSchedules(schedules as unknown as ScheduleClient, 'q')
    assert.deepEqual(
      listed.map(({ pipeline }) => pipeline),
      names.filter((name) => name !== 'p03').toReversed(),
    )
  })

  test('are not read on where Temporal does not answer', async () => {
    const schedules = new SlowSchedules()
    schedules.broken = 'p05'
    await assert.rejects(listStatus(schedules), TypeError)
    assert.ok(schedules.asked < names.length, String(schedules.asked))
  })
})
