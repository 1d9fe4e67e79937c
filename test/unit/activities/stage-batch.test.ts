import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { definitionKey, partKey } from '../../../activities/bucket-layout.ts'
import { UNSTAGED_PART_BYTES } from '../../../activities/get-part.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { LoadTarget, PublishRequest } from '../../../activities/load-target.ts'
import { readPinnedRun } from '../../../activities/pinned-run.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { publishLoad } from '../../../activities/publish-load.ts'
import type { PinnedRun } from '../../../activities/run-reference.ts'
import { sealDataset } from '../../../activities/seal-dataset.ts'
import { type StageBatchInput, stageBatch } from '../../../activities/stage-batch.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from './convert-bodies.ts'
import { attempt, run, storedDataset } from './stored-dataset.ts'

describe('parts of a dataset whose target takes them from the store', () => {
  const bed = useDuckDb()

  async function opened() {
    const { ports, store, putPart } = await storedDataset(bed, columnsOf({ id: 'integer' }), {})
    for (const part of [0, 15, 16]) {
      await putPart(
        partKey(run, part),
        `SELECT i::INTEGER AS id FROM range(${part}, ${part + 2}) t (i)`,
      )
    }
    const staged: number[] = []
    const target: Partial<LoadTarget> = {
      takesUnstaged: async () => true,
      async stagePart({ partNumber, rowCount }) {
        staged.push(partNumber)
        return { rowCount }
      },
    }
    const stage = async (input: Omit<StageBatchInput, 'run'>): Promise<number> => {
      const all = { ...ports, target: target as LoadTarget }
      return (await stageBatch(all, { run, mayStay: true, ...input }, attempt)).rowCount
    }
    return { ports, store, putPart, target, staged, stage }
  }

  test('are left there as far as they are the first of it', async () => {
    const { staged, stage } = await opened()
    const counts = [0, 15, 16].map((partNumber) => stage({ partNumber }))
    assert.deepEqual(await Promise.all(counts), [2, 2, 2])
    assert.deepEqual(staged, [16])
  })

  test('are staged where publishing has asked for them', async () => {
    const { staged, stage } = await opened()
    assert.equal(await stage({ partNumber: 0, mayStay: false }), 2)
    assert.deepEqual(staged, [0])
  })

  test('are staged where the target says otherwise, or has nothing to say', async () => {
    const { staged, stage, target } = await opened()
    target.takesUnstaged = async () => false
    await stage({ partNumber: 0 })
    delete target.takesUnstaged
    await stage({ partNumber: 15 })
    assert.deepEqual(staged, [0, 15])
  })

  test('are staged where the target cannot say, as what it says is said when it is published', async () => {
    const { staged, stage, target } = await opened()
    target.takesUnstaged = () =>
      Promise.reject(new PipelineError('TARGET_BUSY', 'held', { remedy: 'wait', retryable: true }))
    assert.equal(await stage({ partNumber: 0 }), 2)
    assert.deepEqual(staged, [0])
    target.takesUnstaged = () => Promise.reject(new TypeError('a fault'))
    await assert.rejects(stage({ partNumber: 0 }), TypeError)
  })

  test('are staged where they are large', async () => {
    const { store, staged, stage } = await opened()
    resize(store, 0, UNSTAGED_PART_BYTES)
    resize(store, 15, UNSTAGED_PART_BYTES + 1)
    await stage({ partNumber: 0 })
    await stage({ partNumber: 15 })
    assert.deepEqual(staged, [15])
  })

  test('are staged for a plan', async () => {
    const { store, staged, stage } = await opened()
    const pinned = await readPinnedRun(store, run, attempt)
    const reprocessing: PinnedRun['reprocessing'] = {
      datasetId: run.datasetId,
      from: 'landing',
      plan: true,
    }
    await putJson(store, definitionKey(run), { ...pinned, reprocessing })
    await stage({ partNumber: 0 })
    assert.deepEqual(staged, [0])
  })

  /** Publishes it, once it is sealed, to a target that is content with being told how to read part 15. */
  async function published({ ports, target }: Awaited<ReturnType<typeof opened>>) {
    const read: unknown[] = []
    target.publish = async ({ readPart }: PublishRequest) => {
      if (readPart === undefined) read.push('no way')
      await readPart?.(15, async (chunks) => {
        for await (const { rowCount, columns } of chunks) read.push([rowCount, columns.length])
      })
      return { kind: 'staging-incomplete', missingParts: [] }
    }
    await publishLoad({ ...ports, target: target as LoadTarget }, { run }, attempt)
    return read
  }

  const sealed = { run, partCount: 3, rowCount: 6, rejectCount: 0 }

  test('are read when it is published', async () => {
    const all = await opened()
    await sealDataset(all.ports, sealed, attempt)
    assert.deepEqual(await published(all), [[2, 1]])
  })

  test('are those that were sealed, or it is not published', async () => {
    const all = await opened()
    await sealDataset(all.ports, sealed, attempt)
    await all.putPart(partKey(run, 15), 'SELECT i::INTEGER AS id FROM range(2) t (i)')
    await assert.rejects(published(all), { code: 'OBJECT_DAMAGED', retryable: true })
  })

  test('are not read where one of them is large', async () => {
    const all = await opened()
    resize(all.store, 0, UNSTAGED_PART_BYTES + 1)
    // As ever they are later.
    resize(all.store, 16, 2 * UNSTAGED_PART_BYTES)
    await sealDataset(all.ports, sealed, attempt)
    assert.deepEqual(await published(all), ['no way'])
    resize(all.store, 0, UNSTAGED_PART_BYTES)
    await sealDataset(all.ports, sealed, attempt)
    assert.deepEqual(await published(all), [[2, 1]])
  })
})

/** Has the store say that a part is so large. */
function resize(store: ObjectStore, partNumber: number, sizeBytes: number): void {
  const head = store.head.bind(store)
  store.head = async (key, options) => {
    const found = await head(key, options)
    return found && key === partKey(run, partNumber) ? { ...found, sizeBytes } : found
  }
}
