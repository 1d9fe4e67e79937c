import type { Command } from '@commander-js/extra-typings'
import { styleText } from 'node:util'
import { listDatasets, type ListedDataset } from '../inspect/datasets/list-datasets.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { withDatasets } from './datasets-session.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { tableFigures } from './table-figures.ts'
import { wholeNumber } from './whole-number.ts'

/** `datasets ls`: what is in the store, and where it was loaded to. */
export function addListDatasetsCommand(datasets: Command): void {
  datasets
    .command('ls')
    .description('list datasets, the newest first')
    .argument('[pipeline]', 'of this pipeline only')
    .option('--partition <name>', 'of this time slice only')
    .option('--limit <number>', 'how many at most', wholeNumber(), 20)
    .option('--json', 'print one JSON object a dataset')
    .action((pipeline, { partition: text, limit, json = false }) =>
      withDatasets(async ({ store, loads, signal }) => {
        const partition = text === undefined ? undefined : parsePartition(text).name
        const request = { pipeline, partition, limit, signal }
        const listed = await listDatasets({ store, loads }, request)
        if (json) for (const dataset of listed) printJson({ type: 'dataset', ...dataset })
        else printTable(header, listed.map(rowOf), { nothing: 'There is no such dataset.' })
      }),
    )
}

const header = [
  'dataset',
  'pipeline',
  'partition',
  'state',
  'rows',
  'rejects',
  'parts',
  'size',
  'created',
  'loaded',
  'from',
]

function rowOf(dataset: ListedDataset): string[] {
  const { datasetId, pipeline, partition, state, rows, rejects, parts, sizeBytes } = dataset
  const { bytes, count, id, time } = tableFigures()
  return [
    id(datasetId),
    pipeline,
    partition,
    state === 'unreadable' ? styleText('red', state) : state,
    ...[rows, rejects, parts].map(count),
    bytes(sizeBytes),
    time(dataset.createdAt),
    loadsText(dataset.loads),
    dataset.madeFrom ?? dataset.landing ?? '',
  ]
}

function loadsText(loads: ListedDataset['loads']): string {
  return loads === 'unknown' ? loads : loads.map(({ target }) => target).join(' ')
}
