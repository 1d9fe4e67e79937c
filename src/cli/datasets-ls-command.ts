import type { Command } from '@commander-js/extra-typings'
import { styleText } from 'node:util'
import { listDatasets, type ListedDataset } from '../inspect/datasets/list-datasets.ts'
import { parsePartition } from '../pipeline/partition.ts'
import { readCount } from './blobs-arguments.ts'
import { withDatasets } from './datasets-session.ts'
import { formatBytes, formatTime } from './format.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'

/** `datasets ls`: what is in the store, and where it was loaded to. */
export function addListDatasetsCommand(datasets: Command): void {
  datasets
    .command('ls')
    .description('list datasets, the newest first')
    .argument('[pipeline]', 'of this pipeline only')
    .option('--partition <name>', 'of this time slice only')
    .option('--limit <number>', 'how many at most', readCount, 20)
    .option('--json', 'print one JSON object a dataset')
    .action((pipeline, { partition: text, limit, json = false }) =>
      withDatasets(async ({ store, loads, signal }) => {
        const partition = text === undefined ? undefined : parsePartition(text).name
        const request = { pipeline, partition, limit, signal }
        const listed = await listDatasets({ store, loads }, request)
        if (json) for (const dataset of listed) printJson({ type: 'dataset', ...dataset })
        else printTable(header, listed.map(rowOf))
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
  // Enough for a person to tell them apart; a program gets all of it.
  const isTerminal = process.stdout.isTTY
  return [
    isTerminal ? datasetId.slice(0, 8) : datasetId,
    pipeline,
    partition,
    isTerminal && state === 'unreadable' ? styleText('red', state) : state,
    ...[rows, rejects, parts].map((count) => String(count ?? '')),
    isTerminal ? formatBytes(sizeBytes) : String(sizeBytes),
    formatTime(dataset.createdAt, isTerminal),
    loadsText(dataset.loads),
    dataset.madeFrom ?? dataset.landing ?? '',
  ]
}

function loadsText(loads: ListedDataset['loads']): string {
  return loads === 'unknown' ? loads : loads.map(({ target }) => target).join(' ')
}
