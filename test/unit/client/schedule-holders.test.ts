import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import proto from '@temporalio/proto'
import { scheduleHolders } from '../../../src/client/schedule-holders.ts'

const { DescribeScheduleResponse } = proto.temporal.api.workflowservice.v1
const { signal } = new AbortController()

interface Action {
  readonly day: number
  readonly status: 'COMPLETED' | 'FAILED'
}

/** A server that runs schedules without workflows, and has the runs of these days only. */
async function hiddenSince(
  actions: readonly Action[],
  { runs = [], overlap = 'SKIP' }: { runs?: readonly number[]; overlap?: string } = {},
): Promise<(string | undefined)[]> {
  const timeOf = (day: number) => ({ seconds: Date.UTC(2026, 5, day) / 1000 })
  const described = DescribeScheduleResponse.fromObject({
    schedule: { policies: { overlapPolicy: `SCHEDULE_OVERLAP_POLICY_${overlap}` } },
    info: {
      createTime: timeOf(1),
      actionCount: actions.length,
      recentActions: actions.map(({ day, status }) => ({
        actualTime: timeOf(day),
        startWorkflowResult: { workflowId: 'run', runId: String(day) },
        startWorkflowStatus: `WORKFLOW_EXECUTION_STATUS_${status}`,
      })),
    },
  })
  const client = {
    options: { namespace: 'default' },
    connection: { withAbortSignal: (_: AbortSignal, ask: () => unknown) => ask() },
    workflowService: {
      listSchedules: async () => ({ schedules: [{ scheduleId: 'yearly' }] }),
      describeSchedule: async () => described,
      async describeWorkflowExecution({ execution }: { execution: { runId?: string } }) {
        if (runs.map(String).includes(execution.runId ?? ''))
          return { workflowExecutionInfo: { execution } }
        throw Object.assign(new Error('none'), { code: 5, details: '', metadata: {} })
      },
    },
  }
  const holders = await Array.fromAsync(scheduleHolders(client as unknown as Client, signal))
  return holders.slice(1).map(({ hidesSince }) => hidesSince?.toISOString().slice(0, 10))
}

describe('what schedules hold', () => {
  const ids = Array.from({ length: 20 }, (_, number) => `schedule-${number}`)

  /** Schedules that answer in no order; one of them may not answer. */
  async function holdersOf(broken?: string) {
    let atOnce = 0
    let mostAtOnce = 0
    const client = {
      options: { namespace: 'default' },
      connection: { withAbortSignal: (_: AbortSignal, ask: () => unknown) => ask() },
      workflowService: {
        listSchedules: async () => ({ schedules: ids.map((scheduleId) => ({ scheduleId })) }),
        async describeSchedule({ scheduleId }: { scheduleId: string }) {
          atOnce += 1
          mostAtOnce = Math.max(mostAtOnce, atOnce)
          await sleep((7 * ids.indexOf(scheduleId)) % 11)
          atOnce -= 1
          if (scheduleId === broken) throw new TypeError('Temporal is away')
          return DescribeScheduleResponse.fromObject({})
        },
        async describeWorkflowExecution({ execution }: { execution: { workflowId: string } }) {
          const type = { name: 'temporal-sys-scheduler-workflow' }
          return { workflowExecutionInfo: { execution: { ...execution, runId: 'run' }, type } }
        },
        getWorkflowExecutionHistory: async () => ({
          history: { events: [{ eventId: 1 }, { eventId: 2 }] },
        }),
      },
    }
    const held = await Array.fromAsync(scheduleHolders(client as unknown as Client, signal))
    return { names: held.map(({ name }) => name), mostAtOnce }
  }

  test('is told in the order of their listing, a few being read at once', async () => {
    const { names, mostAtOnce } = await holdersOf()
    // What it is told to start, and the two events of its own workflow.
    const expected = ids.flatMap((id) => Array.from({ length: 3 }, () => `schedule ${id}`))
    assert.deepEqual(names, expected)
    assert.equal(mostAtOnce, 4)
  })

  test('is not told at all where one of them cannot be read', async () => {
    await assert.rejects(holdersOf('schedule-11'), TypeError)
  })
})

describe('what a schedule keeps of its last run, where no history says it', () => {
  test('is nothing before it has run, and in the history of a run that is there', async () => {
    assert.deepEqual(await hiddenSince([]), [])
    assert.deepEqual(await hiddenSince([{ day: 9, status: 'COMPLETED' }], { runs: [9] }), [])
  })

  test('is of the last run that completed, or of any', async () => {
    const actions: Action[] = [
      { day: 9, status: 'FAILED' },
      { day: 5, status: 'COMPLETED' },
      { day: 7, status: 'COMPLETED' },
    ]
    assert.deepEqual(await hiddenSince(actions, { runs: [5, 7] }), ['2026-06-07'])
    assert.deepEqual(await hiddenSince(actions.slice(0, 1)), ['2026-06-01'])
  })

  test('may be of any run where these overlap', async () => {
    const actions: Action[] = [{ day: 9, status: 'COMPLETED' }]
    const overlapping = { runs: [9], overlap: 'ALLOW_ALL' }
    assert.deepEqual(await hiddenSince(actions, overlapping), ['2026-06-01'])
  })
})
