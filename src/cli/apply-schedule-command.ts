import { InvalidArgumentError, type Command } from '@commander-js/extra-typings'
import { applyPipelineSchedule } from '../client/apply-pipeline-schedule.ts'
import { listAppliedSchedules } from '../client/applied-schedule.ts'
import { compareSchedules } from '../client/compare-schedules.ts'
import { exitCodeOf } from '../exit-code.ts'
import { listPipelines, type ListedPipeline } from '../pipeline/list-pipelines.ts'
import { pipelinePath } from '../pipeline/load-pipeline.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { reportError } from './report-error.ts'
import { withSchedules, type ScheduleSession } from './schedule-session.ts'
import { searchedDirectories } from './searched-directories.ts'
import { warnOfDifferences } from './warn-of-differences.ts'

interface Options {
  readonly since: string | undefined
  readonly json: boolean
}

/** `claimcheck schedule apply`: makes schedules what pipeline files say. */
export function addApplyScheduleCommand(schedule: Command): void {
  schedule
    .command('apply')
    .description('make the schedules of pipelines what their files say')
    .argument('[pipelines...]', 'names of pipelines')
    .option('--all', 'every pipeline that has a schedule in its file')
    .option(
      '--since <partition>',
      'count slices from this one on: 2001-01-05; without it those that are due from now on',
      readSince,
    )
    .option('--json', 'print one JSON object a pipeline')
    .action(async (names, { all = false, since, json = false }, command) => {
      if (all === names.length > 0) command.error('error: name pipelines, or give --all')
      await withSchedules((session) => apply(session, names, { since, json }))
    })
}

async function apply(
  session: ScheduleSession,
  names: readonly string[],
  options: Options,
): Promise<void> {
  const { schedules, settings } = session
  const { taskQueue } = settings
  const { since } = options
  const directories = searchedDirectories(settings)
  const listed = await listPipelines(directories)
  const isWanted = (file: ListedPipeline): boolean =>
    names.length > 0
      ? names.includes(file.name)
      : file.kind === 'invalid' || file.definition.schedule !== undefined
  const wanted = listed.filter(isWanted)
  // Says what there is instead.
  for (const name of names)
    if (!wanted.some((file) => file.name === name)) await pipelinePath(name, directories)
  const rows: string[][] = []
  for (const file of wanted) {
    try {
      const outcome = await applyPipelineSchedule(schedules, file, { listed, taskQueue, since })
      const changes = outcome.kind === 'updated' ? outcome.changes : []
      if (options.json) printJson({ type: outcome.kind, pipeline: file.name, changes })
      else rows.push([file.name, outcome.kind, changes.join(' ')])
    } catch (error) {
      // One that is wrong keeps none of the others from its time.
      if (wanted.length === 1) throw error
      reportError(error, options)
      process.exitCode = exitCodeOf(error)
    }
  }
  printTable(['pipeline', 'schedule', 'changes'], rows)
  if (names.length === 0) await warnOfOthers(session, listed)
}

/** Whoever takes a schedule out of a file means it to end. */
async function warnOfOthers(
  { schedules, settings: { taskQueue } }: ScheduleSession,
  listed: readonly ListedPipeline[],
): Promise<void> {
  const applied = await listAppliedSchedules(schedules, taskQueue)
  const { withoutFile } = compareSchedules(listed, applied)
  warnOfDifferences({ notApplied: [], changed: [], withoutFile })
}

/** Which clock it is of, the pipeline's file says. */
function readSince(text: string): string {
  try {
    parsePartition(text)
    return text
  } catch {
    throw new InvalidArgumentError('Give a time slice: 2001-01-05.')
  }
}
