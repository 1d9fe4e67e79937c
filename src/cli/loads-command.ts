import type { Command } from '@commander-js/extra-typings'
import { stringify } from 'yaml'
import { readSettings } from '../config/read-settings.ts'
import { parsePartition } from '../pipeline/partition.ts'
import {
  findLoadByPrefix,
  listLoads,
  type LoadDetails,
  type LoadRecord,
} from '../targets/postgres/list-loads.ts'
import { orWithoutCatalog, withCatalog } from '../targets/postgres/open-catalog.ts'
import type { Session } from '../targets/postgres/sessions.ts'
import { endSignal } from './end-signal.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { readDatasetPrefix } from './read-dataset-prefix.ts'
import { findServers } from './session.ts'
import { tableFigures } from './table-figures.ts'
import { addVerifyLoadCommand } from './verify-load-command.ts'
import { wholeNumber } from './whole-number.ts'

const maxLimit = 100_000

/** `claimcheck loads …`: what was loaded into which table, by the database's own catalog. */
export function addLoadsCommand(program: Command): void {
  const loads = program.command('loads')
  loads
    .command('ls')
    .description('list what was loaded, the newest first')
    .option('--pipeline <name>', 'of this pipeline only')
    .option('--partition <name>', 'of this time slice only')
    .option('--limit <number>', 'how many at most', wholeNumber({ most: maxLimit }), 20)
    .option('--json', 'print one JSON object a load')
    .action(async ({ pipeline, limit, json = false, ...options }) => {
      const partition =
        options.partition === undefined ? undefined : parsePartition(options.partition).name
      const listed = await orWithoutCatalog(
        () => ask((session) => listLoads(session, { pipeline, partition, limit })),
        ({ message }) => void process.stderr.write(`${message}\n`),
      )
      if (listed === undefined) return
      if (json) for (const load of listed) printJson({ type: 'load', ...load })
      else printTable(header, listed.map(rowOf), { nothing: 'There is no such load.' })
    })
  loads
    .command('show')
    .description('show a load with its dataset and its run')
    .argument('<dataset>', 'the id of its dataset, or how that begins', readDatasetPrefix)
    .option('--json', 'print one JSON object')
    .action(async (prefix, { json = false }) => {
      const load = await ask((session) => findLoadByPrefix(session, prefix))
      if (json) printJson({ type: 'load', ...load })
      else process.stdout.write(describe(load))
    })
  addVerifyLoadCommand(loads)
}

const header = [
  'pipeline',
  'partition',
  'target',
  'mode',
  'inserted',
  'updated',
  'unchanged',
  'deleted',
  'duplicate',
  'rejected',
  'published',
  'dataset',
]

function rowOf(load: LoadRecord): string[] {
  const counts = [
    load.rowsInserted,
    load.rowsUpdated,
    load.rowsUnchanged,
    load.rowsDeleted,
    load.rowsDuplicate,
    load.rowsRejected,
  ]
  const { pipeline, partition, target, mode, publishedAt, datasetId } = load
  const { count, time, id } = tableFigures()
  return [pipeline, partition, target, mode, ...counts.map(count), time(publishedAt), id(datasetId)]
}

function describe({ dataset, run, ...load }: LoadDetails): string {
  return stringify({ load, dataset, run }, { lineWidth: 0 })
}

function ask<Answer>(question: (session: Session) => Promise<Answer>): Promise<Answer> {
  const { database } = findServers(readSettings(process.env))
  const signal = endSignal()
  return withCatalog(database.url, signal, (sessions) =>
    sessions.transaction('claimcheck loads', signal, question),
  )
}
