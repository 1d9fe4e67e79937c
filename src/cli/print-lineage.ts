import type { PartLineage } from '../inspect/part-lineage.ts'
import type { TracedBlob } from '../inspect/trace-blob.ts'
import type { TracedRow, TracedRows } from '../inspect/trace-rows.ts'
import type { FoundRow } from '../targets/postgres/lineage.ts'
import { formatBytes, formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'

/** Each row with the part that it was written from, and what that was made from. */
export function printTracedRows({ rows, count }: TracedRows, json: boolean): void {
  if (json) {
    for (const { lineage, ...row } of rows) {
      printJson({ type: 'row', ...row, ...(lineage ?? unknownPart) })
    }
  } else {
    printTable(
      [
        'key',
        'dataset',
        'partition',
        'part',
        'object',
        'size',
        'sha256',
        'published',
        'made from',
        'pages',
      ],
      rows.map(cellsOf),
    )
  }
  printMore(count - rows.length, json)
}

const unknownPart = {
  partition: null,
  publishedAt: null,
  madeFrom: null,
  madeBy: null,
  part: null,
  landing: null,
}

function cellsOf({ key, datasetId, partNumber, lineage }: TracedRow): string[] {
  const { part, partition = '', publishedAt } = lineage ?? {}
  return [
    keyText(key),
    datasetId ?? 'unknown',
    partition,
    String(partNumber ?? ''),
    part?.key ?? '',
    part ? sizeText(part) : '',
    part?.sha256 ?? '',
    publishedAt?.toISOString() ?? '',
    originText(lineage),
    pagesText(lineage?.landing ?? null),
  ]
}

/** Empty where the source was asked for it. */
function originText(made: Pick<PartLineage, 'madeFrom' | 'madeBy'> | null): string {
  return made === null || made.madeFrom === null ? '' : `${made.madeBy} of ${made.madeFrom}`
}

function sizeText({ sizeBytes, isStored }: NonNullable<PartLineage['part']>): string {
  return isStored ? formatBytes(sizeBytes) : `${formatBytes(sizeBytes)} (gone)`
}

/** How many rows of a part or dataset still stand, and the first ones of them. */
export function printTracedBlob(traced: TracedBlob, json: boolean): void {
  const { load, lineage, parts, rowsMade, rows, count } = traced
  if (json) {
    if (lineage !== undefined) printJson({ type: 'part', ...lineage, rows: count })
    else printJson({ type: 'dataset', ...load, parts, rowsMade, rows: count })
    for (const { key, partNumber } of rows) printJson({ type: 'row', key, partNumber })
  } else {
    printTable(
      ['key', 'part'],
      rows.map(({ key, partNumber }) => [keyText(key), String(partNumber ?? '')]),
    )
    process.stderr.write(`${describe(traced)}\n`)
  }
  printMore(count - rows.length, json)
}

function describe({ load, lineage, rowsMade, count }: TracedBlob): string {
  const { datasetId, partition, publishedAt } = load
  const what = lineage === undefined ? 'dataset' : `part ${lineage.partNumber} of dataset`
  const of = rowsMade === null ? '' : ` of ${formatCount(rowsMade)}`
  const stand = `${formatCount(count)}${of} rows stand as ${what} ${datasetId} wrote them`
  const origin = originText(load)
  const again = origin === '' ? '' : `, from the ${origin}`
  const loaded = `partition ${partition}, published ${publishedAt.toISOString()}${again}`
  const pages = lineage === undefined ? '' : `\nmade from: ${pagesText(lineage.landing)}`
  return `${stand} (${loaded})${pages}`
}

function printMore(more: number, json: boolean): void {
  if (more <= 0) return
  if (json) printJson({ type: 'more', rows: more })
  else process.stderr.write(`and ${formatCount(more)} more rows\n`)
}

/** Keys of pages; the landing alone where it is not told which of its pages. */
function pagesText(landing: PartLineage['landing']): string {
  if (landing === null) return 'unknown'
  return landing.pages?.join(' ') ?? landing.prefix
}

function keyText(key: FoundRow['key']): string {
  return Object.entries(key)
    .map(([name, value]) => `${name}=${value ?? 'NULL'}`)
    .join(', ')
}
