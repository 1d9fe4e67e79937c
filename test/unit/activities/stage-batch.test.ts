import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { definitionKey, manifestKey, partKey } from '../../../activities/bucket-layout.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { LoadTarget, PublishRequest } from '../../../activities/load-target.ts'
import { readPinnedRun } from '../../../activities/pinned-run.ts'
import { publishLoad } from '../../../activities/publish-load.ts'
import type { PinnedRun } from '../../../activities/run-reference.ts'
import { type StageBatchInput, stageBatch } from '../../../activities/stage-batch.ts'
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
      return (await stageBatch(all, { run, ...input }, attempt)).rowCount
    }
    return { ports, store, target, staged, stage }
  }

  test('are left there as far as they are the first of it', async () => {
    const { staged, stage } = await opened()
    const counts = [0, 15, 16].map((partNumber) => stage({ partNumber }))
    assert.deepEqual(await Promise.all(counts), [2, 2, 2])
    assert.deepEqual(staged, [16])
  })

  test('are staged where publishing has asked for them', async () => {
    const { staged, stage } = await opened()
    assert.equal(await stage({ partNumber: 0, isMissing: true }), 2)
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

  test('are read when it is published', async () => {
    const { ports, store, target } = await opened()
    const pinned = await readPinnedRun(store, run, attempt)
    const { interval, requestedAt } = pinned
    const counts = { rowCount: 2, rejectCount: 0, columns: [], parts: [] }
    await putJson(store, manifestKey(run), { version: 1, ...run, interval, requestedAt, ...counts })
    const read: unknown[] = []
    target.publish = async ({ readPart }: PublishRequest) => {
      await readPart?.(15, async (chunks) => {
        for await (const { rowCount, columns } of chunks) read.push([rowCount, columns.length])
      })
      return { kind: 'staging-incomplete', missingParts: [] }
    }
    await publishLoad({ ...ports, target: target as LoadTarget }, { run }, attempt)
    assert.deepEqual(read, [[2, 1]])
  })
})
