import type { Command } from '@commander-js/extra-typings'
import { styleText } from 'node:util'
import { compareSchedules } from '../client/compare-schedules.ts'
import { listScheduleStatus, type ScheduleStatus } from '../client/schedule-status.ts'
import { EXIT_CODES, exitCodeOf } from '../exit-code.ts'
import { listPipelines } from '../pipeline/list-pipelines.ts'
import { endSignal } from './end-signal.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { reportError } from './report-error.ts'
import { withSchedules, type ScheduleSession } from './schedule-session.ts'
import { searchedDirectories } from './searched-directories.ts'
import { tableFigures } from './table-figures.ts'
import { warnOfDifferences } from './warn-of-differences.ts'

/** `claimcheck schedule ls`: the schedules, and what was due and is not loaded. */
export function addListSchedulesCommand(schedule: Command): void {
  schedule
    .command('ls')
    .description('list schedules, with what was due and is not loaded')
    .option('--check', 'exit with 1 where a slice is overdue: neither loaded nor on its way')
    .option('--json', 'print one JSON object a schedule')
    .action(async ({ check = false, json = false }) => {
      const { files, readings } = await withSchedules(readSchedules)
      const statuses = readings.flatMap((reading) => {
        if (reading.kind === 'read') return [reading.status]
        reportError(reading.error, { json })
        process.exitCode = exitCodeOf(reading.error)
        return []
      })
      if (json) for (const status of statuses) printJson({ type: 'schedule', ...status })
      else printTable(header, statuses.map(rowOf), { nothing: 'No schedule is applied.' })
      warnOfDifferences(compareSchedules(files, statuses))
      const overdue = statuses.flatMap(({ missed }) => missed.filter((slice) => slice.isOverdue))
      if (!check || overdue.length === 0) return
      process.stderr.write(
        `${overdue.length} slices are overdue; \`claimcheck schedule show\` names them.\n`,
      )
      process.exitCode = EXIT_CODES.failed
    })
}

async function readSchedules({ client, schedules, coverage, settings }: ScheduleSession) {
  const files = await listPipelines(searchedDirectories(settings))
  const readings = await listScheduleStatus(schedules, {
    client,
    coverage,
    now: new Date(),
    signal: endSignal(),
    taskQueue: settings.taskQueue,
    known: files.map(({ name }) => name),
  })
  return { files, readings }
}

const header = [
  'pipeline',
  'state',
  'next',
  'last tick',
  'since',
  'due',
  'running',
  'due not loaded',
  'missing',
]

function rowOf(status: ScheduleStatus): string[] {
  const { pipeline, paused, next, lastTick, since, dueCount, missed } = status
  const figures = tableFigures()
  const countOf = (state: string): string =>
    figures.count(missed.filter((slice) => slice.state === state).length)
  return [
    pipeline,
    paused ? styleText('yellow', 'paused') : styleText('green', 'active'),
    figures.time(next),
    figures.time(lastTick),
    figures.time(since),
    figures.count(dueCount),
    countOf('running'),
    countOf('due'),
    countOf('missing'),
  ]
}
