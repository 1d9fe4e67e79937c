import type { Command } from '@commander-js/extra-typings'
import { stringify } from 'yaml'
import { findDataset } from '../inspect/datasets/find-dataset.ts'
import { showDataset } from '../inspect/datasets/show-dataset.ts'
import { withDatasets } from './datasets-session.ts'
import { printJson } from './print-json.ts'
import { readDatasetPrefix } from './read-dataset-prefix.ts'

/** `datasets show`: all that is known of one. */
export function addShowDatasetCommand(datasets: Command): void {
  datasets
    .command('show')
    .description('show a dataset: parts, columns, counts, what it was made from, loads')
    .argument('<dataset>', 'its id, or how that begins', readDatasetPrefix)
    .option('--json', 'print one JSON object')
    .action((prefix, { json = false }) =>
      withDatasets(async ({ store, loads, signal }) => {
        const folder = await findDataset(store, prefix, { signal })
        const shown = await showDataset({ store, loads }, folder, signal)
        if (json) printJson({ type: 'dataset', ...shown })
        else process.stdout.write(stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false }))
      }),
    )
}
