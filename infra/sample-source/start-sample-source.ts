import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { openAirportsTable } from './airports-table.ts'
import type { FaultPlanInput } from './fault-plan.ts'
import { FlightClock } from './flight-clock.ts'
import { openFlightsTable } from './flights-table.ts'
import type { SourceStats } from './request-stats.ts'
import { removeStaleTemporaries } from './remove-stale-temporaries.ts'
import type { RowFormat } from './row-table.ts'
import { findSampleData } from './sample-data.ts'
import { SourceHandler } from './source-handler.ts'

export interface SampleSourceOptions {
  /** Where rendered rows are kept; the next start uses them again, two processes may share it. */
  readonly directory: string
  /** @default a free port */
  readonly port?: number
  /** @default none */
  readonly faults?: FaultPlanInput
}

/** A running sample source: an HTTP API with real data, for trying things out and for tests. */
export interface SampleSource {
  /** Without a slash at the end, e.g. `http://127.0.0.1:4711`. */
  readonly url: string
  stats(): SourceStats
  resetStats(): void
  /** Replaces the fault plan; `{}` ends all faults. */
  setFaults(faults: FaultPlanInput): void
  /** Renders what the first requests would wait for: all months, in one format. */
  prepare(format?: RowFormat): Promise<void>
  /** Ends open connections and frees the port; a second call does nothing. */
  close(): Promise<void>
}

// Part of the folder's name: raise it when what is rendered changes.
const RENDERING_VERSION = 1
// Above the five seconds of Node, so that a client's pooled connection is not closed under it.
const KEEP_ALIVE_TIMEOUT_MS = 65_000

/**
 * Starts a server on 127.0.0.1. It answers at once; a month of flights is rendered when it is first
 * asked for.
 * @throws SampleSourceError SAMPLE_DATA_MISSING, SAMPLE_REQUEST_INVALID for a wrong fault plan.
 */
export async function startSampleSource(options: SampleSourceOptions): Promise<SampleSource> {
  const data = await findSampleData()
  const name = `vega-datasets-${data.version}-rendering-${RENDERING_VERSION}`
  const directory = join(options.directory, name)
  await mkdir(directory, { recursive: true })
  await removeStaleTemporaries(directory)
  const clock = await FlightClock.open(directory, data.flightsPath)
  const flights = openFlightsTable(directory, data.flightsPath, clock)
  const airports = await openAirportsTable(directory, data.airportsPath)
  const handler = new SourceHandler({ flights, clock, airports }, options.faults ?? {})

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }, (request, response) => {
    void handler.handle(request, response)
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')

  async function close(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
    await Promise.all([flights.close(), airports.close()])
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    stats: () => handler.stats.snapshot(),
    resetStats: () => handler.stats.reset(),
    setFaults: (faults) => handler.setFaults(faults),
    async prepare(format = 'ndjson') {
      await flights.rows(format, 0, flights.rowCount)
    },
    close,
  }
}
