import type { Command } from '@commander-js/extra-typings'
import { readSettings } from '../config/read-settings.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { searchedDirectories } from './searched-directories.ts'
import { findServers, openSession } from './session.ts'
import { waitForLoad } from './wait-for-load.ts'

/** `claimcheck run`: starts the load of one partition, or joins the one that runs. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('load one partition of a pipeline')
    .argument('<pipeline>', 'the name of a pipeline file')
    .requiredOption(
      '--partition <name>',
      'the time slice: 2001, 2001-01, 2001-01-05, 2001-01..2001-07',
    )
    .option('--wait', 'show progress and wait for the end')
    .option('--json', 'print JSON lines')
    .option('--refetch', 'fetch everything again, even what a failed run of this partition landed')
    .action(async (name, { partition, wait = false, json = false, refetch = false }) => {
      const settings = readSettings(process.env)
      const definition = await loadPipeline(name, searchedDirectories(settings))
      const session = await openSession(settings, findServers(settings))
      try {
        const { taskQueue } = settings
        const request = { definition, partition, refetch, requestedAt: new Date(), taskQueue }
        await waitForLoad(session.client, request, { wait, json })
      } finally {
        await session.close()
      }
    })
}
