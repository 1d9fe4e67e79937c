import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRun, firstRunId } from '../../src/client/find-run.ts'
import { chainHistories, type RunHistory } from '../../src/client/history-size.ts'
import { openBigSource } from './big-inputs-source.ts'
import type { ScaleBed } from './scale-bed.ts'

export interface HistoryFigures {
  readonly of: string
  /** Of items, or of batches. */
  readonly count: number
  readonly runs: number
  readonly largestBytes: number
  readonly largestEvents: number
  readonly bytesInAll: number
}

const itemCounts = [2, 20, 200, 400]
const batchCounts = [1, 5, 10, 100]

/** How long histories get: of loads by their items, and of loads and of items by their batches. */
export async function measureHistories(bed: ScaleBed): Promise<HistoryFigures[]> {
  const worker = await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: bed.directory })
  const source = await openBigSource()
  try {
    const figures: HistoryFigures[] = []
    for (const count of itemCounts) {
      const pipeline = filesOf(bed, `h_items_${count}`, { files: count, lines: 1 })
      const definition = await bed.define(`h_items_${count}`, pipeline)
      const { histories } = await bed.load(definition)
      figures.push(figuresOf('a load, by items', count, histories))
    }
    for (const count of batchCounts) {
      const pipeline = filesOf(bed, `h_item_batches_${count}`, { files: 2, lines: count })
      const definition = await bed.define(`h_item_batches_${count}`, pipeline)
      const { workflowId } = await bed.load(definition)
      const { client } = bed.session
      const item = await findRun(client, `${workflowId}/0`)
      const histories = await chainHistories(client, `${workflowId}/0`, firstRunId(item))
      figures.push(figuresOf('an item, by batches', count, histories))
    }
    for (const count of batchCounts) {
      const url = source.url({ rows: count, textBytes: 0 }, 1)
      const definition = await bed.define(`h_batches_${count}`, {
        source: { kind: 'http', url, format: 'ndjson', next: { kind: 'page', size: 1 } },
        limits: { batch_bytes: 1 },
      })
      const { histories } = await bed.load(definition)
      figures.push(figuresOf('a load without items, by batches', count, histories))
    }
    return figures
  } finally {
    await source.close()
    await worker.stop()
  }
}

function figuresOf(of: string, count: number, histories: readonly RunHistory[]): HistoryFigures {
  return {
    of,
    count,
    runs: histories.length,
    largestBytes: Math.max(...histories.map(({ bytes }) => bytes)),
    largestEvents: Math.max(...histories.map(({ events }) => events)),
    bytesInAll: histories.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Each line is a batch. */
function filesOf(
  { directory }: ScaleBed,
  name: string,
  { files, lines }: { readonly files: number; readonly lines: number },
): Readonly<Record<string, unknown>> {
  const folder = join(directory, 'files', name)
  mkdirSync(folder, { recursive: true })
  for (let file = 0; file < files; file += 1) {
    const ids = Array.from({ length: lines }, (_, line) => file * lines + line + 1)
    const text = ids.map((id) => `{"id":${String(id).padStart(60)}}\n`).join('')
    writeFileSync(join(folder, `${String(file).padStart(6, '0')}.ndjson`), text)
  }
  return {
    source: { kind: 'file', path: `${folder}/*.ndjson`, format: 'ndjson' },
    limits: { items_in_flight: 16, batch_bytes: '80B', page_bytes: '80B' },
  }
}
