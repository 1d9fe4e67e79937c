import type { Command } from '@commander-js/extra-typings'
import { findDatasets, type DatasetId } from '../../activities/index.ts'
import type { ObjectStore } from '../../codec/index.ts'
import { CommandError } from '../command-error.ts'
import { readSettings } from '../config/read-settings.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { searchedDirectories } from './searched-directories.ts'
import { findServers, openSession } from './session.ts'
import { waitForLoad } from './wait-for-load.ts'

/** `claimcheck reprocess`: makes a partition again from what its source once sent. */
export function addReprocessCommand(program: Command): void {
  program
    .command('reprocess')
    .description('convert and load one partition again from its landing, without asking the source')
    .argument('<pipeline>', 'the name of a pipeline file')
    .requiredOption('--partition <name>', 'the time slice, as it was loaded')
    .option('--dataset <id>', 'a dataset of the partition, instead of the newest')
    .option('--wait', 'show progress and wait for the end')
    .option('--json', 'print JSON lines')
    .action(async (name, { partition, dataset, wait = false, json = false }) => {
      const settings = readSettings(process.env)
      const definition = await loadPipeline(name, searchedDirectories(settings))
      const session = await openSession(settings, findServers(settings))
      try {
        const { name: slice } = parsePartition(partition, definition.schedule?.timezone)
        const place = { pipeline: definition.name, partition: slice }
        const fromLandingOf = await chooseDataset(session.store, place, dataset)
        const { taskQueue } = settings
        const request = { definition, partition, fromLandingOf, requestedAt: new Date(), taskQueue }
        await waitForLoad(session.client, request, { wait, json })
      } finally {
        await session.close()
      }
    })
}

async function chooseDataset(
  store: ObjectStore,
  place: { readonly pipeline: string; readonly partition: string },
  wanted: string | undefined,
): Promise<DatasetId> {
  const datasets = await findDatasets(store, place)
  const chosen =
    wanted === undefined ? datasets.at(-1) : datasets.find(({ datasetId }) => datasetId === wanted)
  if (chosen !== undefined) return chosen.datasetId
  throw new CommandError('DATASET_NOT_FOUND', 'the partition has no such dataset', {
    at: place,
    remedy: 'Load it with `claimcheck run`; a dataset is found by the partition as it was written.',
  })
}
