import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DeterminismViolationError } from '@temporalio/workflow'
import { Worker, type ReplayResult, type ReplayWorkerOptions } from '@temporalio/worker'
import { createDataConverter, MemoryObjectStore } from '../../codec/index.ts'
import { createLogger, installRuntime } from '../../src/worker/runtime-logger.ts'
import { recordedHistories } from './recorded-histories.ts'

describe('the histories of earlier runs', () => {
  before(() => installRuntime(createLogger('silent')))

  it('are of each way that a load can go', () => {
    const names = recordedHistories().map(({ name }) => name)
    assert.deepEqual(names, [
      'called-refused',
      'called',
      'cancelled',
      'continued-1',
      'continued-2',
      'controlled',
      'evolved-1',
      'evolved-2',
      'files-item-1',
      'files-item-2-1',
      'files-item-2-2',
      'files',
      'graph',
      'keyed-request',
      'many-files-1',
      'many-files-2',
      'one-batch',
      'rejected',
      'reprocessed',
      'skipped',
      'ticked',
      'transformed',
      'upstream-failed',
      'waited',
    ])
  })

  it('are replayed by the workflows of today, without a store', async () => {
    const workflowsPath = fileURLToPath(import.meta.resolve('../../workflows/index.ts'))
    const results = await replay({ workflowsPath })
    assert.equal(results.length, recordedHistories().length)
    for (const { workflowId, error } of results) assert.equal(error, undefined, workflowId)
  })

  it('show a workflow that was changed without care', async () => {
    const workflowsPath = fileURLToPath(import.meta.resolve('./changed-workflows.ts'))
    const results = await replay({ workflowsPath })
    assert.equal(results.length, recordedHistories().length)
    for (const { workflowId, error } of results) {
      assert.ok(error instanceof DeterminismViolationError, workflowId)
    }
  })
})

async function replay(options: ReplayWorkerOptions): Promise<ReplayResult[]> {
  const store = new MemoryObjectStore()
  const dataConverter = createDataConverter({
    store,
    namespace: 'default',
    thresholdBytes: 128 * 1024,
  })
  const replayed: ReplayResult[] = []
  const histories = recordedHistories()
  for await (const result of Worker.runReplayHistories({ ...options, dataConverter }, histories)) {
    replayed.push(result)
  }
  return replayed
}
