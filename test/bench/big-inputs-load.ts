import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { loadFailure } from '../../src/client/load-failure.ts'
import { startLoad, type LoadHandle } from '../../src/client/start-load.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import type { BigInputsBed, BigInputsWorker } from './big-inputs-bed.ts'
import type { BigInput } from './big-inputs-cases.ts'
import { contentsOf, contentsSql } from './big-inputs-source.ts'
import { rounded } from './report.ts'

export interface BigInputFigures {
  readonly name: string
  /** In the table. */
  readonly rows: number
  /** `LOADED`, the code of an error, `WORKER_DIED`, or `TIMED_OUT` after 15 minutes. */
  readonly outcome: string
  readonly message: string | undefined
  readonly peakRssMiB: number | undefined
  readonly idleRssMiB: number
  readonly seconds: number
  readonly correct: boolean
}

const timeoutMs = 15 * 60_000

/** Loads an input with a fresh worker, and compares how it ends and what the table then holds. */
export async function loadBigInput(bed: BigInputsBed, input: BigInput): Promise<BigInputFigures> {
  const { name } = input
  await bed.database.query(`DROP TABLE IF EXISTS public."${name}"`)
  await bed.database.query(`CREATE TABLE public."${name}" (id bigint PRIMARY KEY, "text" text)`)
  writePipelineFile(bed, input)
  const worker = await bed.startWorker()
  try {
    const idleRssMiB = worker.peakRssMib()
    const began = performance.now()
    const end = await runLoad(bed, input, worker)
    const seconds = rounded((performance.now() - began) / 1000, 1)
    const { rows, contents } = await tableContents(bed, name)
    const expected = end.outcome === 'LOADED' ? input.rows : { rows: 0, textBytes: 0 }
    const correct =
      end.outcome === input.outcome &&
      (input.message ?? /^/).test(end.message ?? '') &&
      contents === contentsOf(expected)
    return { name, rows, ...end, idleRssMiB, seconds, correct }
  } finally {
    await worker.stop()
  }
}

async function tableContents(
  { database }: BigInputsBed,
  name: string,
): Promise<{ rows: number; contents: string }> {
  const { rows } = await database.query<{ rows: number; contents: string }>(
    `SELECT count(*)::integer AS rows, ${contentsSql} AS contents FROM public."${name}"`,
  )
  return rows[0] ?? { rows: -1, contents: '' }
}

function writePipelineFile({ source, pipelines }: BigInputsBed, input: BigInput): void {
  const { name, rows, rowsPerPage, limits } = input
  const pipeline = {
    name,
    source: {
      kind: 'http',
      url: source.url(rows, rowsPerPage),
      format: 'ndjson',
      ...(rowsPerPage === undefined ? {} : { next: { kind: 'page', size: rowsPerPage } }),
    },
    columns: { id: { type: 'bigint', key: true }, text: 'text' },
    limits: { attempts: 2, ...limits },
    target: { kind: 'postgres', table: `public.${name}`, mode: 'merge' },
  }
  writeFileSync(join(pipelines, `${name}.yaml`), stringify(pipeline))
}

type LoadEnd = Pick<BigInputFigures, 'outcome' | 'message' | 'peakRssMiB'>

async function runLoad(
  { session, pipelines }: BigInputsBed,
  { name }: BigInput,
  worker: BigInputsWorker,
): Promise<LoadEnd> {
  const handle = await startLoad(session.client, {
    definition: await loadPipeline(name, [pipelines]),
    partition: '2001-01-01',
    refetch: true,
    requestedAt: new Date(),
    taskQueue: readSettings({}).taskQueue,
  })
  const ending = endOf(handle)
  let peakRssMiB: number | undefined
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const end = await Promise.race([ending, delay(500)])
    if (worker.isAlive()) peakRssMiB = worker.peakRssMib()
    if (end !== undefined) return { ...end, peakRssMiB }
    const died = worker.isAlive() ? undefined : 'WORKER_DIED'
    const outcome = died ?? (Date.now() > deadline ? 'TIMED_OUT' : undefined)
    if (outcome === undefined) continue
    await session.client.workflow.getHandle(handle.workflowId).terminate()
    await ending
    return { outcome, message: undefined, peakRssMiB }
  }
}

async function endOf(
  handle: LoadHandle,
): Promise<{ outcome: string; message: string | undefined }> {
  try {
    await handle.result()
    return { outcome: 'LOADED', message: undefined }
  } catch (error) {
    const { code, message } = loadFailure(error, handle.workflowId)
    return { outcome: code, message }
  }
}
