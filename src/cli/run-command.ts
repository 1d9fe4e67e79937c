import type { Command } from '@commander-js/extra-typings'
import { readSettings } from '../config/read-settings.ts'
import { followLoad } from '../client/follow-load.ts'
import { startLoad } from '../client/start-load.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { createProgressLine } from './progress-line.ts'
import { describeLoad, summariseLoad } from './load-summary.ts'
import { printJson } from './print-json.ts'
import { searchedDirectories } from './searched-directories.ts'
import { findServers, openSession } from './session.ts'
import { warnWithoutWorker } from './warn-without-worker.ts'

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
      const addresses = findServers(settings)
      const session = await openSession(settings, addresses)
      try {
        const { client } = session
        const requestedAt = new Date()
        const { taskQueue } = settings
        const load = { definition, partition, refetch, requestedAt, taskQueue }
        const handle = await startLoad(client, load)
        const { workflowId, firstExecutionRunId: runId, joined } = handle
        const type = joined ? 'joined' : 'started'
        if (json) printJson({ type, workflowId, runId })
        else process.stderr.write(`${type} ${workflowId}\n`)
        await warnWithoutWorker(client, taskQueue)
        if (!wait) return

        const line = createProgressLine(name)
        const result = await followLoad(client, handle, line.show).finally(() => line.end())
        const seconds = (Date.now() - requestedAt.getTime()) / 1000
        const summary = await summariseLoad(client, handle, { pipeline: name, seconds, result })
        if (json) printJson({ type: 'loaded', ...summary })
        else process.stdout.write(`${describeLoad(summary)}\n`)
      } finally {
        await session.close()
      }
    })
}
