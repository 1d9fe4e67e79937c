import { ScheduleOverlapPolicy } from '@temporalio/client'
import { applySchedule } from '../../src/client/apply-schedule.ts'
import { openSchedules } from '../../src/client/open-schedules.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { eventually } from '../support/eventually.ts'
import type { LoadBed } from '../support/load-bed.ts'
import { flightColumns, tableOf, writePipeline } from '../support/pipeline-fixture.ts'

/**
 * Lets a tick come that fires two nights, one after the other; answers the ids of its workflow and run.
 */
export async function recordTick(bed: LoadBed, name: string): Promise<[string, string]> {
  await writePipeline(bed.pipelines, name, {
    name,
    source: {
      kind: 'http',
      url: '${SAMPLE_SOURCE_URL}/flights',
      query: { since: '{interval.start}', until: '{interval.end}', per_page: 1000 },
      records: '$.data',
      next: { kind: 'cursor', path: '$.next' },
    },
    columns: flightColumns,
    target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    schedule: { at: '02:00', timezone: 'Europe/Oslo' },
  })
  const { schedule, ...definition } = await loadPipeline(name, [bed.pipelines])
  if (schedule === undefined) throw new Error('the pipeline has no schedule')
  const { payloads, taskQueue } = readSettings(bed.environment)
  const schedules = openSchedules(bed.client, { ...payloads, store: bed.store })
  await applySchedule(schedules, {
    definition: { ...definition, schedule },
    downstream: [],
    file: `${name}.yaml`,
    taskQueue,
    now: new Date(),
    since: new Date('2001-01-01T12:00:00Z'),
  })
  const handle = schedules.getHandle(`schedule/${name}`)
  await handle.backfill({
    start: new Date('2001-01-03T00:00:00Z'),
    end: new Date('2001-01-03T12:00:00Z'),
    overlap: ScheduleOverlapPolicy.ALLOW_ALL,
  })
  const { workflow } = await eventually(
    'a tick',
    async () => (await handle.describe()).info.recentActions[0]?.action,
  )
  await bed.client.workflow.getHandle(workflow.workflowId).result()
  return [workflow.workflowId, workflow.firstExecutionRunId]
}
