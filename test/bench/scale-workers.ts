import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { rounded } from './report.ts'
import type { ScaleBed } from './scale-bed.ts'

export interface WorkersFigures {
  readonly items: number
  readonly latencySeconds: number
  /** Requests that a worker has under way at once. */
  readonly slotsPerWorker: number
  readonly secondsWithOne: number
  readonly secondsWithFour: number
  /** What the server's answers alone take with all slots always taken. */
  readonly waitingSecondsWithOne: number
  /** Items a second with four workers, by those with one. */
  readonly throughputRatio: number
  readonly correct: boolean
}

const slotsPerWorker = 2

/**
 * Loads the same items, which a slow server has, with one worker process and with four. What a worker
 * does at once is held small, so that waiting for the server is nearly all there is to do.
 */
export async function measureWorkers(
  bed: ScaleBed,
  items: number,
  latencySeconds: number,
): Promise<WorkersFigures> {
  const source = await openSlowSource(latencySeconds * 1000)
  try {
    const paths = Array.from({ length: items }, (_, item) => `${source.url}/${item + 1}.ndjson`)
    const seconds: number[] = []
    let correct = true
    for (const count of [1, 4]) {
      const name = `workers_${count}`
      const definition = await bed.define(name, {
        source: { kind: 'file', path: paths, format: 'ndjson' },
        limits: { items_in_flight: 16 },
      })
      const workers = await Promise.all(
        Array.from({ length: count }, () =>
          bed.startWorker({ CLAIMCHECK_FETCHING_CONCURRENCY: String(slotsPerWorker) }),
        ),
      )
      try {
        const load = await bed.load(definition)
        seconds.push(load.seconds)
        correct &&= await bed.isExact(name, items)
      } finally {
        await Promise.all(workers.map((worker) => worker.stop()))
      }
    }
    const [one = 0, four = 0] = seconds
    return {
      items,
      latencySeconds,
      slotsPerWorker,
      secondsWithOne: rounded(one, 1),
      secondsWithFour: rounded(four, 1),
      // Both have asked for the same.
      waitingSecondsWithOne: rounded(
        ((source.requests() / 2) * latencySeconds) / slotsPerWorker,
        1,
      ),
      throughputRatio: rounded(one / four),
      correct,
    }
  } finally {
    await source.close()
  }
}

/** Answers each request after a while: `/7.ndjson` is the row 7. */
async function openSlowSource(latencyMs: number) {
  let requests = 0
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests += 1
    await sleep(latencyMs)
    const id = Number(/(\d+)\.ndjson/.exec(request.url ?? '')?.[1])
    const body = `{"id":${id}}\n`
    response.setHeader('content-type', 'application/x-ndjson')
    response.setHeader('content-length', body.length)
    response.setHeader('etag', `"${id}"`)
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => requests,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
