import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client as Database } from 'pg'
import type { Client } from '@temporalio/client'
import { stringify } from 'yaml'
import { loadFailure } from '../../../src/client/load-failure.ts'
import { startLoad } from '../../../src/client/start-load.ts'
import { loadPipeline } from '../../../src/pipeline/load-pipeline.ts'
import { messageOf } from './message-of.ts'
import type { SoakCounts } from './soak-counts.ts'

export interface LoadPorts {
  /** With the codec. */
  readonly client: Client
  readonly taskQueue: string
  readonly databaseUrl: string
  readonly directory: string
  readonly counts: SoakCounts
}

const pipeline = 'soaked'
const files = 3
const rowsPerFile = 200
const dayMs = 86_400_000

/** Loads a folder of files, a slice after the other, until the signal; then looks at the table. */
export async function loadSlices(ports: LoadPorts, signal: AbortSignal): Promise<void> {
  const { client, taskQueue, directory, counts } = ports
  const definition = await definePipeline(directory)
  for (let day = 0; !signal.aborted; day += 1) {
    const partition = new Date(Date.UTC(2001, 0, 1) + day * dayMs).toISOString().slice(0, 10)
    const handle = await startLoad(client, {
      definition,
      partition,
      requestedAt: new Date(),
      taskQueue,
    })
    try {
      await handle.result()
      counts.loads += 1
    } catch (error) {
      counts.troubles.push(messageOf(loadFailure(error, handle.workflowId)))
    }
  }
  await requireRows(ports)
}

async function definePipeline(directory: string) {
  const folder = join(directory, 'files')
  mkdirSync(folder, { recursive: true })
  for (let file = 0; file < files; file += 1) {
    const rows = Array.from({ length: rowsPerFile }, (_, row) => file * rowsPerFile + row + 1)
    const lines = rows.map((id) => JSON.stringify({ id, text: `row ${id}` }))
    writeFileSync(join(folder, `${file}.ndjson`), `${lines.join('\n')}\n`)
  }
  const pipelines = join(directory, 'pipelines')
  mkdirSync(pipelines, { recursive: true })
  const text = stringify({
    name: pipeline,
    source: { kind: 'file', path: `${folder}/*.ndjson`, format: 'ndjson' },
    columns: { id: { type: 'bigint', key: true }, text: 'text' },
    target: { kind: 'postgres', table: `public.${pipeline}`, mode: 'merge' },
  })
  writeFileSync(join(pipelines, `${pipeline}.yaml`), text)
  return loadPipeline(pipeline, [pipelines])
}

async function requireRows({ databaseUrl, counts }: LoadPorts): Promise<void> {
  const database = new Database({ connectionString: databaseUrl })
  await database.connect()
  try {
    const { rows } = await database.query<{ exact: boolean }>(
      `SELECT count(*) = $1 AND count(DISTINCT id) = $1 AND bool_and(text = 'row ' || id) AS exact
        FROM public.${pipeline}`,
      [files * rowsPerFile],
    )
    if (rows[0]?.exact !== true) counts.troubles.push('the table is not what the files hold')
  } finally {
    await database.end()
  }
}
