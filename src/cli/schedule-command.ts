import type { Command } from '@commander-js/extra-typings'
import { changeSchedule } from '../client/applied-schedule.ts'
import { addApplyScheduleCommand } from './apply-schedule-command.ts'
import { addListSchedulesCommand } from './list-schedules-command.ts'
import { printJson } from './print-json.ts'
import { withSchedules } from './schedule-session.ts'
import { addShowScheduleCommand } from './show-schedule-command.ts'

type Handle = Parameters<Parameters<typeof changeSchedule>[2]>[0]

/** `claimcheck schedule …`: when pipelines load by themselves, and what they have missed. */
export function addScheduleCommand(program: Command): void {
  const schedule = program.command('schedule')
  addApplyScheduleCommand(schedule)
  addListSchedulesCommand(schedule)
  addShowScheduleCommand(schedule)
  schedule
    .command('pause')
    .description('let no ticks come until it is resumed; what is missed stays listed')
    .argument('<pipeline>', 'the name of the pipeline')
    .option('--note <text>', 'why; kept with the schedule')
    .option('--json', 'print one JSON object')
    .action((pipeline, { note, json }) =>
      change(pipeline, { done: 'paused', json }, async (handle) => {
        // Why it was paused before stays, unless something else is said.
        if (note === undefined && (await handle.describe()).state.paused) return
        await handle.pause(note ?? 'paused with claimcheck')
      }),
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
