import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { PipelineDefinition } from '../../activities/index.ts'
import { chainHistories } from '../../src/client/history-size.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { startLoad } from '../../src/client/start-load.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import type { Session } from '../../src/cli/session.ts'
import type { LoadResult } from '../../workflows/index.ts'
import type { BenchStack } from './bench-stack.ts'
import type { FlightsSlice } from './flights-slice.ts'

export interface OurLoad {
  readonly result: LoadResult
  readonly seconds: number
  readonly workflowId: string
  /** Of each run of the chain. */
  readonly runIds: readonly string[]
  readonly historyBytesPerRun: readonly number[]
  /** By the source's own count. */
  readonly pagesRefetched: number
}

const sourceStats = z.object({ pagesRefetched: z.number() })

/** Loads a slice of the flights into `public.<name>` the way every load goes, and waits for it. */
export async function runOurLoad(
  stack: BenchStack,
  session: Session,
  slice: FlightsSlice,
  name: string,
): Promise<OurLoad> {
  const definition = await flightsPipeline(stack, slice, name)
  await fetch(`${stack.sourceUrl}/-/stats`, { method: 'DELETE' })
  const { taskQueue } = readSettings({})
  const began = performance.now()
  const handle = await startLoad(session.client, {
    definition,
    partition: '2001-01..2001-07',
    refetch: false,
    requestedAt: new Date(),
    taskQueue,
  })
  const { workflowId } = handle
  const result = await handle.result().catch((error: unknown) => {
    throw loadFailure(error, workflowId)
  })
  const seconds = (performance.now() - began) / 1000
  const histories = await chainHistories(session.client, workflowId, handle.runId)
  const stats = await fetch(`${stack.sourceUrl}/-/stats`)
  return {
    result,
    seconds,
    workflowId,
    runIds: histories.map(({ runId }) => runId),
    historyBytesPerRun: histories.map(({ bytes }) => bytes),
    pagesRefetched: sourceStats.parse(await stats.json()).pagesRefetched,
  }
}

/**
 * The sample pipeline, but for its end: between two months, to the minute. BENCH_LIMITS may hold a
 * line to try other limits, e.g. `limits: { batch_bytes: 8MiB }`.
 */
export function flightsPipeline(
  { directory }: BenchStack,
  { until }: FlightsSlice,
  name: string,
): Promise<PipelineDefinition> {
  const folder = join(directory, 'pipelines')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, `${name}.yaml`),
    `name: ${name}
source:
  kind: http
  url: \${SAMPLE_SOURCE_URL}/flights
  query: { since: '{interval.start}', until: '${until}', per_page: 10000 }
  records: $.data
  next: { kind: cursor, path: $.next }
  format: json
columns:
  id: { type: bigint, key: true }
  departed_at: { type: timestamp, from: date }
  delay: integer
  distance: integer
  origin: text
  destination: text
target: { kind: postgres, table: public.${name}, mode: merge }
${process.env['BENCH_LIMITS'] ?? ''}`,
  )
  return loadPipeline(name, [folder])
}
