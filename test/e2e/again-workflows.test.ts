import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { ApplicationFailure } from '@temporalio/common'
import type { DatasetId, Reprocessing } from '../../activities/index.ts'
import type { BackfillInput } from '../../activities/backfill/backfill-input.ts'
import type { LookUpSlicesInput } from '../../activities/backfill/look-up-slices.ts'
import { nextName, type StartSlicesInput } from '../../activities/backfill/start-slices.ts'
import type { StageSealedPartsInput } from '../../activities/reprocess/stage-sealed-parts.ts'
import { resultOfFailure } from '../../src/client/backfill-failure.ts'
import type { backfill, reprocess } from '../../workflows/index.ts'
import { plainDefinition } from '../support/plain-definition.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { chainOfHistories } from '../support/run-histories.ts'
import {
  askedFor,
  inputOf,
  openWorkflowBed,
  partition,
  type WorkflowBed,
} from './support/workflow-bed.ts'

const datasetId = '00000000-0000-4000-8000-000000000001' as DatasetId

describe('workflows that load again', { timeout: 300_000 }, () => {
  let bed: WorkflowBed
  before(async () => {
    bed = await openWorkflowBed()
  })
  after(async () => {
    await bed?.close()
  })
  beforeEach(() => {
    bed.asked = []
    for (const name of Object.keys(bed.instead)) delete Object(bed.instead)[name]
  })

  const start = (change: Partial<Reprocessing> = {}) => {
    const definition = plainDefinition('again', {
      limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 32, attempts: 1 },
    })
    const reprocessing = { datasetId, from: 'parts', ...change } as const
    return bed.client.workflow.start<typeof reprocess>('reprocess', {
      workflowId: uniqueName('reprocess'),
      taskQueue: bed.taskQueue,
      args: [inputOf(definition, { reprocessing })],
    })
  }
  const partCount = 805
  const prepared = {
    run: {
      pipeline: 'again',
      partition,
      datasetId,
      landing: { fetchKey: 'f', sequence: 1 },
      partsOf: { datasetId },
    },
    partCount,
    rowCount: partCount,
    rejectCount: 0,
    storedBytes: 1,
  }
  const staged = () =>
    askedFor(bed, 'stageSealedParts').map((input) => (input as StageSealedPartsInput).parts)

  it('stage each part once, however many runs that takes, and again what was lost', async () => {
    bed.instead.prepareParts = async () => prepared
    let isLost = true
    bed.instead.publishLoad = async () => {
      const outcome = isLost
        ? { kind: 'staging-incomplete', missingParts: [8192, 8193] }
        : { kind: 'published', counts: {} }
      isLost = false
      return outcome
    }
    const handle = await start()
    await handle.result()
    const parts = staged()
    assert.deepEqual(parts.pop(), { numbers: [8192, 8193] })
    const ranges = Array.from({ length: 101 }, (_, step) => ({
      first: step * 8,
      end: Math.min(step * 8 + 8, partCount),
    }))
    const firstOf = (range: unknown): number => Object(range).first
    assert.deepEqual(
      parts.toSorted((left, right) => firstOf(left) - firstOf(right)),
      ranges,
    )
    const { workflowId, firstExecutionRunId } = handle
    const histories = await chainOfHistories(bed.client, workflowId, firstExecutionRunId)
    assert.equal(histories.length, 2)
    assert.equal(askedFor(bed, 'prepareParts').length, 1)
    assert.equal(askedFor(bed, 'sealDataset').length + askedFor(bed, 'convertBatch').length, 0)
  })

  it('tell the catalog of a run that could not be prepared; of a plan nothing is left', async () => {
    bed.instead.prepareParts = () => {
      throw ApplicationFailure.create({ type: 'PARTS_OUTGROWN', nonRetryable: true })
    }
    await assert.rejects((await start()).result())
    assert.partialDeepStrictEqual(askedFor(bed, 'abandonRun'), [{ failureCode: 'PARTS_OUTGROWN' }])
    assert.deepEqual(askedFor(bed, 'discardPlan'), [])
    bed.asked = []
    await assert.rejects((await start({ plan: true })).result())
    assert.deepEqual(askedFor(bed, 'abandonRun'), [])
    const [discarded] = askedFor(bed, 'discardPlan')
    // As what is left of comparisons is told from what is in use.
    assert.match(Object(discarded).run.datasetId, /^[0-9a-f]{8}-[0-9a-f]{4}-8.{3}-8.{3}-.{12}$/)
  })

  it('plan instead of publishing, and tidy up whether that succeeds or fails', async () => {
    bed.instead.prepareParts = async () => ({ ...prepared, partCount: 1 })
    bed.instead.planLoad = async () => ({ kind: 'planned', plan: { counts: {}, mode: 'merge' } })
    const { plan } = await (await start({ plan: true })).result()
    assert.equal(plan?.mode, 'merge')
    bed.instead.planLoad = () => {
      throw ApplicationFailure.create({ type: 'TARGET_MISMATCH', nonRetryable: true })
    }
    await assert.rejects((await start({ plan: true })).result())
    assert.equal(askedFor(bed, 'discardPlan').length, 2)
    assert.deepEqual([...askedFor(bed, 'publishLoad'), ...askedFor(bed, 'discardStaging')], [])
  })

  it('load a range as several runs, which hear of each partition whenever it ends', async () => {
    const count = 230
    const day = (of: number) => new Date(Date.UTC(2001, 0, 1 + of)).toISOString().slice(0, 10)
    const [refused, lost] = [day(11), day(150)]
    const workflowId = uniqueName('backfill')
    const pipeline = uniqueName('ranged')
    const handle = bed.client.workflow.getHandle(workflowId)
    const told: Promise<void>[] = []
    const tell = (name: string): Promise<void> => {
      const outcome = name === refused ? 'failed' : 'loaded'
      return handle.signal('upstreamLoaded', { pipeline, partition: name, outcome })
    }
    bed.instead.startSlices = async ({ backfill: input, position, most }: StartSlicesInput) => {
      const end = Math.min(position + most, count)
      const begun = Array.from({ length: end - position }, (_, at) => day(position + at))
      // One is ended by force. Some are told of before it is known that they have begun, others twice.
      const heard = begun.filter((name) => name !== lost)
      const early = heard.filter((_, at) => at % 2 === 0)
      await Promise.all(early.map(tell))
      told.push(...heard.filter((name) => name !== early[0]).map(tell))
      return { begun, joined: false, skipped: 0, position: end, next: nextName(input, end) }
    }
    bed.instead.lookUpSlices = async ({ partitions }: LookUpSlicesInput) => [
      ...(partitions.includes(lost)
        ? [{ partition: lost, outcome: 'failed', code: 'TERMINATED' }]
        : []),
      ...(partitions.includes(refused)
        ? [{ partition: refused, outcome: 'failed', code: 'SOURCE_REFUSED' }]
        : []),
    ]
    const input: BackfillInput = {
      definition: plainDefinition(pipeline),
      downstream: [],
      range: { every: 'day', firstMs: Date.UTC(2001, 0, 1), count },
      planned: count,
      order: 'oldest-first',
      again: false,
      onFailure: 'continue',
      waitForUpstreams: false,
      concurrency: 64,
      mostInFlight: 64,
      requestedAt: '2003-01-01T00:00:00Z',
    }
    const started = await bed.client.workflow.start<typeof backfill>('backfill', {
      workflowId,
      taskQueue: bed.taskQueue,
      args: [input],
    })
    const failure: unknown = await started.result().catch((error: unknown) => error)
    // Those of the last may come when all is over.
    await Promise.allSettled(told)
    const { failures, ...counts } = resultOfFailure(failure) ?? assert.fail()
    assert.deepEqual(counts, { planned: count, loaded: 228, skipped: 0, failed: 2, left: 0 })
    assert.deepEqual(Object.fromEntries(failures.map(({ partition: of, code }) => [of, code])), {
      [refused]: 'SOURCE_REFUSED',
      [lost]: 'TERMINATED',
    })
    const chain = await chainOfHistories(bed.client, workflowId, started.firstExecutionRunId)
    assert.equal(chain.length, 2)
  })
})
