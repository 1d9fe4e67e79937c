import { DuckDb } from '../../activities/conversion/duck-db.ts'
import { type LoadCounts, UNSTAGED_PARTS } from '../../activities/load-target.ts'
import { stageRows } from '../../activities/stage-rows.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { sampleLoad, type SampleLoad } from '../targets/support/sample-load.ts'
import { flightsColumns } from './convert-flights.ts'
import type { LocalPart } from './stage-parts.ts'

/** As `limits.batches_in_flight` has it for a load, by default. */
export const partsAtOnce = 2

/** What a worker has for its loads, without the worker. */
export interface OurSide {
  /** What a load does before it fetches: the catalog is there afterwards. */
  check(load: SampleLoad): Promise<void>
  /** Stages the parts as `stageBatch` does once it has their files, two at a time. */
  stage(load: SampleLoad, parts: readonly LocalPart[]): Promise<void>
  publish(load: SampleLoad): Promise<LoadCounts | undefined>
  /** Stages and publishes as a load does: parts that may be left in the store stay in their files. */
  load(load: SampleLoad, parts: readonly LocalPart[]): Promise<LoadCounts | undefined>
  discard(load: SampleLoad): Promise<void>
  close(): Promise<void>
}

const { signal } = new AbortController()

/** A merge of these parts into a table of schema public, as a dataset of its own. */
export function flightsLoad(table: string, parts: readonly LocalPart[]): SampleLoad {
  const counts = parts.map(({ rowCount }, partNumber) => ({ partNumber, rowCount }))
  return sampleLoad(table, [], flightsColumns, { request: { signal, parts: counts } })
}

export async function openOurSide(url: string, spillDirectory: string): Promise<OurSide> {
  const target = createPostgresTarget({ url })
  const duckDb = await DuckDb.open({ spillDirectory })
  const stage = async (load: SampleLoad, parts: readonly LocalPart[], mayLeave: boolean) => {
    const waiting = parts.entries()
    const lane = async (): Promise<void> => {
      for (const [partNumber, { path, rowCount }] of waiting) {
        if (mayLeave && partNumber < UNSTAGED_PARTS && (await target.takesUnstaged?.(load.request)))
          continue
        await duckDb.withConnection(signal, (connection) => {
          const chunks = stageRows(connection, path, flightsColumns)
          return target.stagePart({ ...load.part(partNumber, signal), rowCount, chunks })
        })
      }
    }
    await Promise.all(Array.from({ length: partsAtOnce }, lane))
  }
  const publish = async (request: SampleLoad['request']): Promise<LoadCounts | undefined> => {
    const outcome = await target.publish(request)
    return outcome.kind === 'published' ? outcome.counts : undefined
  }
  return {
    check: ({ request }) => target.check(request),
    stage: (load, parts) => stage(load, parts, false),
    publish: ({ request }) => publish(request),
    async load(load, parts) {
      await stage(load, parts, true)
      return publish({
        ...load.request,
        readPart: (partNumber, use) =>
          duckDb.withConnection(signal, (connection) =>
            use(stageRows(connection, parts[partNumber]?.path ?? '', flightsColumns)),
          ),
      })
    },
    discard: ({ request }) => target.discard(request),
    async close() {
      duckDb.close()
      await target.close()
    },
  }
}
