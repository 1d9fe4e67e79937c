import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import { createS3ObjectStore, type ObjectStore } from '../../codec/index.ts'
import {
  startSampleSource,
  type SampleSource,
} from '../../infra/sample-source/start-sample-source.ts'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { connectClient } from '../../src/client/connect-temporal.ts'
import { reprocessRequest, type ReprocessWish } from '../../src/client/reprocess-request.ts'
import { startLoad, type LoadHandle } from '../../src/client/start-load.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import type { LoadResult } from '../../workflows/index.ts'
import { createTestDatabase, type TestDatabase } from '../targets/support/test-database.ts'
import { uniqueName, writeFlightsPipeline, type FlightsPipeline } from './pipeline-fixture.ts'
import { runCli, type CliOutcome } from './run-cli.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

/** All that loads need, apart from what other test files use: queue, database, source, pipelines. */
export interface LoadBed {
  readonly database: TestDatabase
  readonly source: SampleSource
  readonly store: ObjectStore
  readonly client: Client
  /** Where pipeline files are written. */
  readonly pipelines: string
  /** Of workers and commands. */
  readonly environment: NodeJS.ProcessEnv
  writeFlights(pipeline: FlightsPipeline): Promise<void>
  startWorker(environment?: NodeJS.ProcessEnv): Promise<WorkerProcess>
  start(pipeline: string, partition: string): Promise<LoadHandle>
  /** `claimcheck reprocess --wait` without a process of its own. */
  reprocess(pipeline: string, wish: Omit<ReprocessWish, 'definition'>): Promise<LoadResult>
  cli(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CliOutcome>
  /** Ends workers, source and connections, and drops the database. */
  close(): Promise<void>
}

/** Rendered flights are the same for all tests: made once. */
const renderings = join(tmpdir(), 'claimcheck-test-sample-source')

/** A source of the caller's own, with stats and faults that no other case changes. */
export function openSampleSource(): Promise<SampleSource> {
  return startSampleSource({ directory: renderings })
}

/** @param overrides Settings that differ from the environment's. */
export async function openLoadBed(overrides: NodeJS.ProcessEnv = {}): Promise<LoadBed> {
  const settings = readSettings({ ...process.env, ...overrides })
  const { temporal, store: storeAddress } = externalAddresses({ ...process.env, ...overrides })
  if (temporal === undefined || storeAddress === undefined) {
    throw new Error('no servers are named in the environment: run the tests with `npm test`')
  }
  const database = await createTestDatabase(process.env['CLAIMCHECK_DATABASE_URL'])
  const source = await openSampleSource()
  const pipelines = await mkdtemp(join(tmpdir(), 'claimcheck-test-pipelines-'))
  const store = createS3ObjectStore(storeAddress)
  const client = await connectClient(temporal, { ...settings.payloads, store })
  const taskQueue = uniqueName('test')
  const environment = {
    ...process.env,
    ...overrides,
    CLAIMCHECK_DATABASE_URL: database.url,
    CLAIMCHECK_PIPELINES: pipelines,
    CLAIMCHECK_TASK_QUEUE: taskQueue,
    SAMPLE_SOURCE_URL: source.url,
  }
  const workers: WorkerProcess[] = []
  return {
    database,
    source,
    store,
    client,
    pipelines,
    environment,
    writeFlights: (pipeline) => writeFlightsPipeline(pipelines, pipeline),
    async startWorker(different = {}) {
      const worker = await startWorkerProcess({ ...environment, ...different })
      workers.push(worker)
      return worker
    },
    async start(pipeline, partition) {
      const definition = await loadPipeline(pipeline, [pipelines])
      const requestedAt = new Date()
      return startLoad(client, { definition, partition, refetch: false, requestedAt, taskQueue })
    },
    async reprocess(pipeline, wish) {
      const definition = await loadPipeline(pipeline, [pipelines])
      const asked = await reprocessRequest(store, { definition, ...wish })
      return (await startLoad(client, { ...asked, requestedAt: new Date(), taskQueue })).result()
    },
    cli: (args, different = {}) => runCli(args, { ...environment, ...different }),
    async close() {
      await Promise.all(workers.map((worker) => worker.stop()))
      await client.connection.close()
      store.close()
      await source.close()
      await rm(pipelines, { recursive: true, force: true })
      await database.drop()
    },
  }
}
