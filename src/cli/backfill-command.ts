import { Option, type Command } from '@commander-js/extra-typings'
import { backfillOrders } from '../../activities/backfill/backfill-input.ts'
import { sliceSizes } from '../../activities/backfill/slice-range.ts'
import { listBackfill, type PlannedPartition } from '../client/list-backfill.ts'
import { planDownstream } from '../client/plan-downstream.ts'
import { mostConcurrency, planBackfill, type BackfillRequest } from '../client/plan-backfill.ts'
import { readSettings } from '../config/read-settings.ts'
import { formatCounted } from '../format-number.ts'
import { listPipelines } from '../pipeline/list-pipelines.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { endSignal } from './end-signal.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { runBackfill } from './run-backfill.ts'
import { withSchedules } from './schedule-session.ts'
import { searchedDirectories } from './searched-directories.ts'
import { findServers, openSession } from './session.ts'
import { wholeNumber } from './whole-number.ts'

/** `claimcheck backfill`: loads the partitions of a time that are not loaded, as so many runs. */
export function addBackfillCommand(program: Command): void {
  program
    .command('backfill')
    .argument('<pipeline>', 'the name of a pipeline file')
    .requiredOption('--from <partition>', 'the first one: 2001-01-05')
    .requiredOption('--to <partition>', 'the last one, which is loaded too')
    .addOption(
      new Option(
        '--every <size>',
        'how long each is, if not as the schedule or the names say',
      ).choices(sliceSizes),
    )
    .addOption(new Option('--order <order>', 'which comes first').choices(backfillOrders))
    .option(
      '--concurrency <number>',
      'how many are loaded side by side',
      wholeNumber({ most: mostConcurrency }),
    )
    .option('--again', 'load those that are loaded again')
    .option('--after', 'let each wait for the pipelines of `after`')
    .addOption(
      new Option('--on-failure <rule>', 'what follows when one fails').choices([
        'continue',
        'stop',
      ] as const),
    )
    .option('--dry-run', 'say what would be loaded, and start nothing')
    .option('--wait', 'show progress and wait for the end')
    .option('--json', 'print JSON lines')
    .action(async (name, { after, dryRun = false, wait = false, json = false, ...asked }) => {
      const settings = readSettings(process.env)
      const directories = searchedDirectories(settings)
      const definition = await loadPipeline(name, directories)
      const request: BackfillRequest = {
        ...asked,
        definition,
        downstream: planDownstream(definition.name, await listPipelines(directories)),
        waitForUpstreams: after,
        requestedAt: new Date(),
        taskQueue: settings.taskQueue,
      }
      // What is wrong with it is said without any server.
      const { input } = planBackfill(request)
      if (dryRun) {
        await withSchedules(async ({ client, coverage }) => {
          print(await listBackfill(input, { client, coverage, signal: endSignal() }), json)
        })
        return
      }
      const session = await openSession(settings, findServers(settings))
      try {
        await runBackfill(session.client, request, { wait, json })
      } finally {
        await session.close()
      }
    })
}

const stateNames = { load: 'load', loaded: 'loaded already', running: 'running' } as const

function print(partitions: readonly PlannedPartition[], json: boolean): void {
  if (json) for (const partition of partitions) printJson({ type: 'partition', ...partition })
  else {
    const rows = partitions.map(({ partition, state }) => [partition, stateNames[state]])
    printTable(['partition', 'state'], rows)
  }
  const count = (state: PlannedPartition['state']): number =>
    partitions.filter((one) => one.state === state).length
  const counts = { load: count('load'), loaded: count('loaded'), running: count('running') }
  if (json) printJson({ type: 'plan', planned: partitions.length, ...counts })
  else {
    process.stderr.write(
      `${formatCounted(partitions.length, 'partition')}: ${counts.load} to load, ${counts.loaded} loaded already, ${counts.running} running; nothing was started\n`,
    )
  }
}
