import { Option, type Command } from '@commander-js/extra-typings'
import { reprocessRequest } from '../client/reprocess-request.ts'
import { readSettings } from '../config/read-settings.ts'
import { findDataset } from '../inspect/datasets/find-dataset.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { readDatasetPrefix } from './read-dataset-prefix.ts'
import { searchedDirectories } from './searched-directories.ts'
import { findServers, openSession } from './session.ts'
import { waitForLoad } from './wait-for-load.ts'

const from = new Option('--from <what>', 'what the dataset is made again from')
  .choices(['landing', 'parts'] as const)
  .default('landing' as const)

/** `claimcheck reprocess`: makes a partition again from what its source once sent. */
export function addReprocessCommand(program: Command): void {
  program
    .command('reprocess')
    .argument('<pipeline>', 'the name of a pipeline file')
    .requiredOption('--partition <name>', 'the time slice, as it was loaded')
    .option(
      '--dataset <id>',
      'a dataset of the partition, or how its id begins, instead of the newest',
      readDatasetPrefix,
    )
    .addOption(from)
    .option('--target <place>', 'another target of the same kind and mode: schema.table')
    .option('--plan', 'say what would change in the table, and load nothing')
    .option('--wait', 'show progress and wait for the end')
    .option('--json', 'print JSON lines')
    .action(
      async (name, { dataset: prefix, plan = false, wait = false, json = false, ...wish }) => {
        const settings = readSettings(process.env)
        const definition = await loadPipeline(name, searchedDirectories(settings))
        const session = await openSession(settings, findServers(settings))
        try {
          const { taskQueue } = settings
          const { store } = session
          const dataset = prefix && (await findDataset(store, prefix)).datasetId
          const asked = await reprocessRequest(store, { definition, plan, dataset, ...wish })
          const request = { ...asked, requestedAt: new Date(), taskQueue }
          // A plan is an answer.
          await waitForLoad(session.client, request, { wait: wait || plan, json })
        } finally {
          await session.close()
        }
      },
    )
}
