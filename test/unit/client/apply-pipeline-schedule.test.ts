import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScheduleClient } from '@temporalio/client'
import { applyPipelineSchedule } from '../../../src/client/apply-pipeline-schedule.ts'
import { CommandError } from '../../../src/command-error.ts'
import type { ListedPipeline } from '../../../src/pipeline/list-pipelines.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

const schedule = { every: 'day', hour: 2, minute: 0, timezone: 'UTC', catchupMs: 60_000 } as const
const upstream = plainDefinition('a', { schedule })
const file: ListedPipeline = { name: 'a', path: 'a.yaml', kind: 'valid', definition: upstream }

/** A schedule of `a` that was applied when `b` came after it. */
class AppliedBefore {
  readonly connection = {}
  readonly options = { namespace: 'default' }
  updates = 0

  getHandle(scheduleId: string) {
    const since = '2026-11-04T12:00:00.000Z'
    const appliedFrom = { file: 'a.yaml', digest: '' }
    const tick = { definition: upstream, downstream: [plainDefinition('b')], since, appliedFrom }
    return {
      describe: async () => ({ scheduleId, spec: {}, action: { args: [tick] }, policies: {} }),
      update: async () => {
        this.updates += 1
      },
    }
  }
}

function apply(schedules: AppliedBefore, listed: readonly ListedPipeline[]) {
  const client = schedules as unknown as ScheduleClient
  return applyPipelineSchedule(client, file, { listed: [file, ...listed], taskQueue: 'q' })
}

function broken(name: string): ListedPipeline {
  const error = new CommandError('PIPELINE_INVALID', `${name} is broken`, { remedy: '' })
  return { name, path: `${name}.yaml`, kind: 'invalid', error }
}

test('a schedule forgets no pipeline that comes after it because its file is broken now', async () => {
  const schedules = new AppliedBefore()
  await assert.rejects(apply(schedules, [broken('x'), broken('b')]), { message: 'b is broken' })
  assert.equal(schedules.updates, 0)
  for (const others of [[broken('x')], []]) {
    const outcome = await apply(schedules, others)
    assert.ok(outcome.kind === 'updated' && outcome.changes.includes('downstream'))
  }
  assert.equal(schedules.updates, 2)
})
