import type { Command } from '@commander-js/extra-typings'
import { planDownstream } from '../client/plan-downstream.ts'
import { readSettings } from '../config/read-settings.ts'
import { listPipelines } from '../pipeline/list-pipelines.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { runGraph } from './run-graph.ts'
import { searchedDirectories } from './searched-directories.ts'
import { findServers, openSession } from './session.ts'
import { waitForLoad } from './wait-for-load.ts'

/** `claimcheck run`: starts the load of one partition, or joins the one that runs; or all pipelines'. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .argument('[pipeline]', 'the name of a pipeline file')
    .requiredOption(
      '--partition <name>',
      'the time slice: 2001, 2001-01, 2001-01-05, 2001-01..2001-07',
    )
    .option('--all', 'all pipelines, each when those of its `after` are loaded')
    .option('--after', 'wait for the pipelines of `after`, instead of beginning at once')
    .option('--wait', 'show progress and wait for the end')
    .option('--json', 'print JSON lines')
    .option('--refetch', 'fetch everything again, even what a failed run of this partition landed')
    .action(async (name, options, command) => {
      const { partition, all = false, after = false, refetch = false } = options
      const { wait = false, json = false } = options
      if ((name === undefined) !== all) command.error('error: give either a pipeline or --all')
      if (all && (after || refetch))
        command.error('error: --all goes with neither --after nor --refetch')
      const settings = readSettings(process.env)
      const { taskQueue } = settings
      const directories = searchedDirectories(settings)
      const definition = name === undefined ? undefined : await loadPipeline(name, directories)
      const asked = { partition, requestedAt: new Date(), taskQueue }
      const session = await openSession(settings, findServers(settings))
      try {
        if (definition === undefined) {
          await runGraph(session.client, { ...asked, directories }, { wait, json })
          return
        }
        const downstream = planDownstream(definition.name, await listPipelines(directories))
        const request = { ...asked, definition, refetch, downstream, waitForUpstreams: after }
        await waitForLoad(session.client, request, { wait, json })
      } finally {
        await session.close()
      }
    })
}
