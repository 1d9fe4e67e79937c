import type { Command } from '@commander-js/extra-typings'
import { findObject } from '../inspect/blobs/find-object.ts'
import { headObject, type ObjectHead } from '../inspect/blobs/head-object.ts'
import { parseObjectName } from '../inspect/blobs/parse-object-name.ts'
import { withBlobs } from './blobs-session.ts'
import { formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { wholeNumber } from './whole-number.ts'
import { writeOut } from './write-out.ts'

/** `blobs head`: the beginning of an object, in the form that suits it. */
export function addHeadBlobCommand(blobs: Command): void {
  blobs
    .command('head')
    .description('print the beginning of an object: rows of Parquet, pretty JSON, text or hex')
    .argument('<name>', 'a digest or its beginning, a claim as JSON, or a key')
    .option('--lines <number>', 'how many lines or rows', wholeNumber(), 20)
    .option('--json', 'print JSON lines: `columns` and `row`, or `head`')
    .action((name, { lines, json = false }) =>
      withBlobs(async ({ place }) => {
        const found = await findObject(place, parseObjectName(name))
        const head = await headObject(place, found, lines)
        if (json) printHead(head)
        else await showHead(head)
      }),
    )
}

function printHead(head: ObjectHead): void {
  if (head.form !== 'rows') {
    printJson({ type: 'head', ...head })
    return
  }
  const { columns, rows, rowCount } = head
  printJson({ type: 'columns', columns, rowCount })
  for (const values of rows) {
    // Texts, since JSON's numbers would not hold every digit.
    const row = Object.fromEntries(columns.map(({ name }, index) => [name, values[index] ?? null]))
    printJson({ type: 'row', row })
  }
}

async function showHead(head: ObjectHead): Promise<void> {
  if (head.form !== 'rows') {
    await writeOut(head.lines.map((line) => `${line}\n`).join(''))
    if (!head.isAll) process.stderr.write('There is more: `blobs cat` prints all of it.\n')
    return
  }
  const { columns, rows, rowCount } = head
  printTable(
    columns.map(({ name, type }) => `${name} ${type}`),
    rows.map((row) => row.map((value) => value ?? 'NULL')),
  )
  process.stderr.write(`${formatCount(rows.length)} of ${formatCount(rowCount)} rows\n`)
}
