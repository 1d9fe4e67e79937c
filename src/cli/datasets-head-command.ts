import type { Command } from '@commander-js/extra-typings'
import { findDataset } from '../inspect/datasets/find-dataset.ts'
import { headDataset, headRejects } from '../inspect/datasets/head-dataset.ts'
import { withDatasets } from './datasets-session.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { readDatasetPrefix } from './read-dataset-prefix.ts'
import { wholeNumber } from './whole-number.ts'

/** `datasets head`: the first rows, or what was set aside. */
export function addHeadDatasetCommand(datasets: Command): void {
  datasets
    .command('head')
    .description('print the first rows of a dataset, each value as PostgreSQL shows it')
    .argument('<dataset>', 'its id, or how that begins', readDatasetPrefix)
    .option('--part <number>', 'of this part only', wholeNumber({ least: 0 }))
    .option('--rows <number>', 'how many at most', wholeNumber(), 20)
    .option('--rejects', 'the records that were set aside, with place and reason')
    .option('--json', 'print JSON lines')
    .action((prefix, { part, rows, rejects = false, json = false }, command) => {
      if (rejects && part !== undefined) command.error('error: --rejects takes no --part')
      return withDatasets(async ({ store, openDuckDb, signal }) => {
        const folder = await findDataset(store, prefix, { signal })
        if (rejects) {
          printRejects(await headRejects(store, folder, { rows, signal }), json)
          return
        }
        const ports = { store, duckDb: await openDuckDb() }
        printRows(await headDataset(ports, folder, { part, rows, signal }), json)
      })
    })
}

function printRows({ columns, rows }: Awaited<ReturnType<typeof headDataset>>, json: boolean) {
  if (json) {
    printJson({ type: 'columns', columns })
    for (const { part, values } of rows) {
      const members = columns.map(({ name }, index) => [name, values[index] ?? null] as const)
      printJson({ type: 'row', part, values: Object.fromEntries(members) })
    }
    return
  }
  printTable(
    columns.map(({ name }) => name),
    rows.map(({ values }) => values.map((value) => value ?? 'NULL')),
    { nothing: 'It has no rows.' },
  )
}

function printRejects(rejects: Awaited<ReturnType<typeof headRejects>>, json: boolean): void {
  if (json) {
    for (const { fields, ...reject } of rejects) {
      const members: unknown = fields === null ? null : JSON.parse(fields)
      printJson({ type: 'reject', ...reject, fields: members })
    }
    return
  }
  printTable(
    ['page', 'record', 'line', 'reason', 'fields'],
    rejects.map(({ page, record, line, reason, fields, raw }) => {
      return [page, String(record), String(line ?? ''), reason, fields ?? raw ?? '']
    }),
    { nothing: 'Nothing was set aside.' },
  )
}
