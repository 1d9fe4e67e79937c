import { Client, Connection } from '@temporalio/client'
import { NativeConnection, type WorkflowBundle } from '@temporalio/worker'
import type { Activities, LoadInput, PipelineDefinition } from '../../../activities/index.ts'
import { lookUpLoads } from '../../../activities/graph/look-up-loads.ts'
import { startLoads } from '../../../activities/graph/start-loads.ts'
import { lookUpRuns } from '../../../activities/look-up-runs.ts'
import { notifyDependants } from '../../../activities/notify-dependants.ts'
import { runAttempt } from '../../../activities/run-attempt.ts'
import { createLoadStarter } from '../../../src/client/load-starter.ts'
import { bundleWorkflows } from '../../../src/worker/bundle-workflows.ts'
import { createLogger, installRuntime } from '../../../src/worker/runtime-logger.ts'
import {
  progressQuery,
  type BulkLoadState,
  type bulkLoad,
  type LoadProgress,
} from '../../../workflows/index.ts'
import { eventually } from '../../support/eventually.ts'
import { uniqueName } from '../../support/pipeline-fixture.ts'
import { createRoleWorkers } from './role-workers.ts'

type Name = keyof Activities
type Behaviour = (input: never) => Promise<unknown>

export interface Asked {
  readonly name: string
  readonly input: unknown
}

/** The workflows on a real server, over activities that do nothing but note what they are asked for. */
export interface WorkflowBed {
  readonly client: Client
  readonly taskQueue: string
  /** In order: what was asked for, and what is over. What was asked for in another list ends in that. */
  asked: Asked[]
  /** How an activity behaves, where it is not as usual. */
  readonly instead: Partial<Record<Name, Behaviour>>
  /** Of a source of items. */
  items: number
  /** Of any other. */
  batches: number
  close(): Promise<void>
}

/** Other tests run beside these. */
const patienceMs = 60_000

const landed = { pages: 1, pagesFound: 0, sourceBytes: 1, storedBytes: 1 }

export async function openWorkflowBed(): Promise<WorkflowBed> {
  installRuntime(createLogger('silent'))
  const address = process.env['TEMPORAL_ADDRESS'] ?? ''
  const namespace = process.env['TEMPORAL_NAMESPACE'] ?? 'default'
  const connection = await Connection.connect({ address })
  const native = await NativeConnection.connect({ address })
  const client = new Client({ connection, namespace })
  const workflowBundle: WorkflowBundle = await bundleWorkflows({ encryptsFailures: false })
  const taskQueue = uniqueName('bed')
  const common = { connection: native, namespace }
  const bed: WorkflowBed = {
    client,
    taskQueue,
    asked: [],
    instead: {},
    items: 2,
    batches: 1,
    async close() {
      for (const worker of workers) worker.shutdown()
      await Promise.all(running)
      await native.close()
      await connection.close()
    },
  }
  const workers = await createRoleWorkers({
    ...common,
    taskQueue,
    workflowBundle,
    activities: notedActivities(bed),
    maxHeartbeatThrottleInterval: '200 milliseconds',
    // A test that has failed may have left some waiting.
    shutdownForceTime: '5 seconds',
  })
  const running = workers.map((worker) => worker.run())
  return bed
}

function notedActivities(bed: WorkflowBed): Record<string, Behaviour> {
  const ports = { starter: createLoadStarter(bed.client, bed.taskQueue) }
  const usual: Partial<Record<Name, Behaviour>> = {
    prepareLoad: async ({ datasetId, definition, partition }: PreparedLoad) => ({
      run: {
        pipeline: definition.name,
        partition,
        datasetId,
        landing: { fetchKey: 'f', sequence: 1 },
      },
      storedBytes: 0,
    }),
    listItems: async () => ({ itemCount: bed.items }),
    landItem: async () => ({ ...landed, landedKey: 'k', batches: 1 }),
    fetchBatch: async ({ firstPage }: { readonly firstPage: number }) => ({
      ...landed,
      batchKey: 'k',
      anchor: null,
      next: firstPage + 1 < bed.batches ? 'more' : null,
    }),
    convertBatch: async () => ({
      rowCount: 1,
      rejectCount: 0,
      firstReject: null,
      storedBytes: 1,
    }),
    stageBatch: async () => ({ rowCount: 1 }),
    sealDataset: async () => ({ manifestKey: 'm', storedBytes: 1 }),
    publishLoad: async () => ({ kind: 'published', counts: {} }),
    discardStaging: async () => undefined,
    abandonRun: async () => undefined,
    prepareParts: () => Promise.reject(new TypeError('there are no parts')),
    stageSealedParts: async () => ({ partCount: 1, rowCount: 1 }),
    sealParts: async () => ({ manifestKey: 'm', storedBytes: 1 }),
    planLoad: () => Promise.reject(new TypeError('there is no plan')),
    discardPlan: async () => undefined,
    startSlices: () => Promise.reject(new TypeError('there are no slices')),
    lookUpSlices: async () => [],
    transformDataset: async () => ({
      transformId: 'made',
      partCount: 1,
      rowCount: 1,
      storedBytes: 1,
    }),
    checkDataset: async () => undefined,
    lookUpLoads: (input) => runAttempt((attempt) => lookUpLoads(ports, input, attempt)),
    lookUpForgottenLoads: async () => ({ loaded: [] }),
    lookUpRuns: (input) => runAttempt((attempt) => lookUpRuns(ports, input, attempt)),
    notifyDependants: (input) => runAttempt((attempt) => notifyDependants(ports, input, attempt)),
    startLoads: (input) => runAttempt((attempt) => startLoads(ports, input, attempt)),
  }
  const noted = Object.entries(usual).map(([name, work]) => [
    name,
    async (input: never) => {
      const { asked } = bed
      asked.push({ name, input })
      try {
        return await (bed.instead[name as Name] ?? work)(input)
      } finally {
        asked.push({ name: `${name} over`, input })
      }
    },
  ])
  return Object.fromEntries(noted)
}

interface PreparedLoad {
  readonly datasetId: string
  readonly definition: PipelineDefinition
  readonly partition: string
}

export const partition = '2001-01-01'

export function inputOf(
  definition: PipelineDefinition,
  change: Partial<LoadInput> = {},
): LoadInput {
  return {
    definition,
    partition,
    interval: { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' },
    requestedAt: '2001-01-02T03:00:00Z',
    refetch: false,
    ...change,
  }
}

/** Starts a load under its static id. */
export function startBulkLoad(
  { client, taskQueue }: WorkflowBed,
  input: LoadInput,
  carried?: BulkLoadState,
) {
  return client.workflow.start<typeof bulkLoad>('bulkLoad', {
    workflowId: loadId(input.definition.name),
    taskQueue,
    args: carried === undefined ? [input] : [input, carried],
  })
}

export function loadId(pipeline: string): string {
  return `etl/${pipeline}/${partition}`
}

/** Waits until the load's progress is as it should be, and answers it. */
export function whenProgress(
  { client }: WorkflowBed,
  pipeline: string,
  isSo: (progress: LoadProgress) => boolean,
): Promise<LoadProgress> {
  const ask = async (): Promise<LoadProgress | undefined> => {
    const handle = client.workflow.getHandle(loadId(pipeline))
    // Not there yet, or between two runs of a chain.
    const progress = await handle.query(progressQuery).catch(() => undefined)
    return progress !== undefined && isSo(progress) ? progress : undefined
  }
  return eventually('progress', ask, patienceMs)
}

/** Waits until an activity was asked for so often. */
export async function whenAsked(bed: WorkflowBed, wanted: string, times: number): Promise<void> {
  const ask = async () => askedFor(bed, wanted).length >= times || undefined
  await eventually(`${wanted} ${times} times`, ask, patienceMs)
}

export function askedFor(bed: WorkflowBed, wanted: string): unknown[] {
  return bed.asked.filter(({ name }) => name === wanted).map(({ input }) => input)
}
