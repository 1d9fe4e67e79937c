import { InvalidArgumentError, type Command } from '@commander-js/extra-typings'
import { stringify } from 'yaml'
import {
  applyRetentionSchedule,
  removeRetentionSchedule,
  showRetentionSchedule,
} from '../client/retention-schedule.ts'
import { parseTimezone } from '../pipeline/timezone.ts'
import { approvalOption, graceOption, kindOption, maxDeleteOption } from './gc-options.ts'
import { printJson } from './print-json.ts'
import { withSchedules } from './schedule-session.ts'

/** `retention apply`, `show` and `rm`: when workers look for garbage by themselves. */
export function addRetentionScheduleCommands(group: Command): void {
  group
    .command('apply')
    .description('make the nightly sweep what the options say')
    .requiredOption('--at <time>', 'when: 03:30', readTime)
    .option('--timezone <name>', 'by which clock: Europe/Berlin', readTimezone, 'UTC')
    .addOption(kindOption())
    .addOption(graceOption())
    .addOption(maxDeleteOption())
    .addOption(approvalOption())
    .option('--auto-approve', 'delete without asking')
    .option('--json', 'print one JSON object')
    .action(async (options) => {
      const { at, timezone, kind: kinds, grace: graceMs, maxDelete } = options
      const { approval: approvalMs, autoApprove = false, json = false } = options
      await withSchedules(async ({ schedules, settings: { taskQueue } }) => {
        const input = { kinds, graceMs, maxDelete, approvalMs, autoApprove }
        const type = await applyRetentionSchedule(schedules, { input, taskQueue, at, timezone })
        if (json) printJson({ type })
        else process.stderr.write(`${type} the nightly sweep\n`)
      })
    })
  group
    .command('show')
    .description('show the nightly sweep: its next and last times, and what it is told')
    .option('--json', 'print one JSON object')
    .action(async ({ json = false }) => {
      await withSchedules(async ({ schedules }) => {
        const { action, info, state } = await showRetentionSchedule(schedules)
        const shown = {
          next: info.nextActionTimes[0]?.toISOString(),
          last: info.recentActions.at(-1)?.takenAt.toISOString(),
          paused: state.paused,
          input: action.args?.[0],
        }
        if (json) printJson({ type: 'schedule', ...shown })
        else process.stdout.write(stringify(shown, { lineWidth: 0 }))
      })
    })
  group
    .command('rm')
    .description('remove the nightly sweep; one that has begun goes on')
    .option('--json', 'print one JSON object')
    .action(async ({ json = false }) => {
      await withSchedules(({ schedules }) => removeRetentionSchedule(schedules))
      if (json) printJson({ type: 'removed' })
      else process.stderr.write('removed the nightly sweep\n')
    })
}

function readTime(text: string): { readonly hour: number; readonly minute: number } {
  const [, hour = '', minute = ''] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  if (hour !== '') return { hour: Number(hour), minute: Number(minute) }
  throw new InvalidArgumentError('Give a time of the day: 03:30.')
}

function readTimezone(text: string): string {
  const parsed = parseTimezone(text)
  if ('value' in parsed) return parsed.value
  throw new InvalidArgumentError(`It ${parsed.problem}.`)
}
