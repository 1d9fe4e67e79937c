import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuSeconds, cpuUsed } from './process-figures.ts'
import { rounded } from './report.ts'
import type { ScaleBed } from './scale-bed.ts'
import { floorSecondsPerItem } from './scale-floor.ts'

export interface ItemsOptions {
  readonly items: number
  readonly floorItems: number
  readonly rowsPerItem: number
}

export interface ItemsFigures {
  readonly items: number
  readonly rows: number
  readonly seconds: number
  readonly itemsPerSecond: number
  /** The same activities without Temporal, of so many items: what one takes, times the items. */
  readonly floorItems: number
  readonly floorSeconds: number
  readonly ratioToFloor: number
  /** Of the worker and each server, for each item; on a busy machine these tell more than seconds. */
  readonly cpuMillisecondsPerItem: Readonly<Record<string, number>>
  readonly floorCpuMillisecondsPerItem: Readonly<Record<string, number>>
  readonly parentRuns: number
  readonly largestParentHistoryBytes: number
  readonly mostParentEvents: number
  readonly correct: boolean
}

const itemsInFlight = 32

/** Loads a folder of many small files, each by a child workflow of its own. */
export async function measureItems(
  bed: ScaleBed,
  { items, floorItems, rowsPerItem }: ItemsOptions,
): Promise<ItemsFigures> {
  const folder = (name: string, files: number) => folderOf(bed, { name, files, rowsPerItem })
  const floorDefinition = await bed.define('floor', folder('floor', floorItems))
  const definition = await bed.define('items', folder('items', items))
  const ofFloor = { worker: process.pid, ...bed.pids }
  const beforeFloor = cpuSeconds(ofFloor)
  const floorPerItem = await floorSecondsPerItem(bed, floorDefinition)
  const floorCpu = perItem(cpuUsed(beforeFloor, cpuSeconds(ofFloor)), floorItems)
  const worker = await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: bed.directory })
  try {
    const ofLoad = { worker: worker.pid, ...bed.pids }
    const beforeLoad = cpuSeconds(ofLoad)
    const { seconds, histories } = await bed.load(definition)
    const cpu = perItem(cpuUsed(beforeLoad, cpuSeconds(ofLoad)), items)
    const rows = items * rowsPerItem
    const largest = Math.max(...histories.map(({ bytes }) => bytes))
    const floorSeconds = floorPerItem * items
    return {
      items,
      rows,
      seconds: rounded(seconds, 1),
      itemsPerSecond: rounded(items / seconds, 1),
      floorItems,
      floorSeconds: rounded(floorSeconds, 1),
      ratioToFloor: rounded(seconds / floorSeconds),
      cpuMillisecondsPerItem: cpu,
      floorCpuMillisecondsPerItem: floorCpu,
      parentRuns: histories.length,
      largestParentHistoryBytes: largest,
      mostParentEvents: Math.max(...histories.map(({ events }) => events)),
      correct: (await bed.isExact('items', rows)) && largest < 1_000_000,
    }
  } finally {
    await worker.stop()
  }
}

function perItem(
  seconds: Readonly<Record<string, number>>,
  items: number,
): Readonly<Record<string, number>> {
  const milliseconds = (used: number): number => rounded((used * 1000) / items, 1)
  return Object.fromEntries(
    Object.entries(seconds).map(([name, used]) => [name, milliseconds(used)]),
  )
}

function folderOf(
  { directory }: ScaleBed,
  {
    name,
    files,
    rowsPerItem,
  }: { readonly name: string; readonly files: number; readonly rowsPerItem: number },
): Readonly<Record<string, unknown>> {
  const folder = join(directory, 'files', name)
  mkdirSync(folder, { recursive: true })
  for (let item = 0; item < files; item += 1) {
    const rows = Array.from({ length: rowsPerItem }, (_, row) => item * rowsPerItem + row + 1)
    const lines = rows.map((id) => `{"id":${id}}\n`).join('')
    writeFileSync(join(folder, `${String(item).padStart(6, '0')}.ndjson`), lines)
  }
  return {
    source: { kind: 'file', path: `${folder}/*.ndjson`, format: 'ndjson' },
    limits: { items_in_flight: itemsInFlight },
  }
}
