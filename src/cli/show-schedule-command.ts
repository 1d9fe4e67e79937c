import type { Command } from '@commander-js/extra-typings'
import { stringify } from 'yaml'
import { requireSchedule } from '../client/applied-schedule.ts'
import { readScheduleStatus } from '../client/schedule-status.ts'
import { endSignal } from './end-signal.ts'
import { printJson } from './print-json.ts'
import { withSchedules } from './schedule-session.ts'

/** `claimcheck schedule show`: one schedule, and each slice that was due and is not loaded. */
export function addShowScheduleCommand(schedule: Command): void {
  schedule
    .command('show')
    .description('show a schedule, and each slice that was due and is not loaded')
    .argument('<pipeline>', 'the name of the pipeline')
    .option('--json', 'print one JSON object')
    .action(async (pipeline, { json = false }) => {
      const status = await withSchedules(async ({ client, schedules, coverage }) => {
        const applied = await requireSchedule(schedules, pipeline)
        const signal = endSignal()
        return readScheduleStatus(applied, { client, coverage, now: new Date(), signal })
      })
      if (json) printJson({ type: 'schedule', ...status })
      else process.stdout.write(stringify(status, { lineWidth: 0 }))
    })
}
