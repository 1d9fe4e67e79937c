import type { Command } from '@commander-js/extra-typings'
import { changeSchedule, requireSchedule } from '../client/applied-schedule.ts'
import { startScheduleBackfill } from '../client/start-schedule-backfill.ts'
import { addApplyScheduleCommand } from './apply-schedule-command.ts'
import { addListSchedulesCommand } from './list-schedules-command.ts'
import { printJson } from './print-json.ts'
import { withSchedules } from './schedule-session.ts'
import { addShowScheduleCommand } from './show-schedule-command.ts'
import { warnWithoutWorker } from './warn-without-worker.ts'

type Handle = Parameters<Parameters<typeof changeSchedule>[2]>[0]

/** `claimcheck schedule …`: when pipelines load by themselves, and what they have missed. */
export function addScheduleCommand(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('apply, list and steer the schedules of pipelines')
  addApplyScheduleCommand(schedule)
  addListSchedulesCommand(schedule)
  addShowScheduleCommand(schedule)
  schedule
    .command('pause')
    .description('let no ticks come until it is resumed; what is missed stays listed')
    .argument('<pipeline>', 'the name of the pipeline')
    .option('--note <text>', 'why; kept with the schedule')
    .option('--json', 'print one JSON object')
    .action((pipeline, { note = 'paused with claimcheck', json }) =>
      change(pipeline, { done: 'paused', json }, (handle) => handle.pause(note)),
    )
  schedule
    .command('resume')
    .description('let ticks come again; the next one takes what was missed within the catchup')
    .argument('<pipeline>', 'the name of the pipeline')
    .option('--json', 'print one JSON object')
    .action((pipeline, { json }) =>
      change(pipeline, { done: 'resumed', json }, (handle) =>
        handle.unpause('resumed with claimcheck'),
      ),
    )
  schedule
    .command('trigger')
    .description('let a tick come now: what is due and not loaded is loaded')
    .argument('<pipeline>', 'the name of the pipeline')
    .option('--json', 'print one JSON object')
    .action((pipeline, { json }) =>
      change(pipeline, { done: 'triggered', json }, (handle) => handle.trigger()),
    )
  schedule
    .command('rm')
    .description('remove the schedule; runs that have begun go on')
    .argument('<pipeline>', 'the name of the pipeline')
    .option('--json', 'print one JSON object')
    .action((pipeline, { json }) =>
      change(pipeline, { done: 'removed', json }, (handle) => handle.delete()),
    )
  schedule
    .command('backfill')
    .description('load slices of the past that are not loaded, oldest first')
    .argument('<pipeline>', 'the name of the pipeline')
    .requiredOption('--from <partition>', 'the first slice: 2001-01-05')
    .requiredOption('--to <partition>', 'the last slice, which is loaded too')
    .option('--json', 'print one JSON object')
    .action((pipeline, { from, to, json = false }) =>
      withSchedules(async ({ client, schedules, settings: { taskQueue } }) => {
        const applied = await requireSchedule(schedules, pipeline)
        const requestedAt = new Date()
        const request = { from, to, requestedAt, taskQueue }
        const { workflowId, slices } = await startScheduleBackfill(client, applied, request)
        if (json) printJson({ type: 'started', workflowId, slices })
        else process.stderr.write(`started ${workflowId}: ${slices} slices\n`)
        await warnWithoutWorker(client, taskQueue)
      }),
    )
}

async function change(
  pipeline: string,
  { done, json = false }: { readonly done: string; readonly json: true | undefined | false },
  work: (handle: Handle) => Promise<void>,
): Promise<void> {
  await withSchedules(({ schedules }) => changeSchedule(schedules, pipeline, work))
  if (json) printJson({ type: done, pipeline })
  else process.stderr.write(`${done} the schedule of ${pipeline}\n`)
}
