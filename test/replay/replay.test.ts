import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DeterminismViolationError } from '@temporalio/workflow'
import { Worker, type ReplayResult, type ReplayWorkerOptions } from '@temporalio/worker'
import { createDataConverter, MemoryObjectStore } from '../../codec/index.ts'
import { createLogger, installRuntime } from '../../src/worker/runtime-logger.ts'
import * as workflows from '../../workflows/index.ts'
import * as changedWorkflows from './changed-workflows.ts'
import { recordedHistories } from './recorded-histories.ts'

describe('the histories of earlier runs', () => {
  before(() => installRuntime(createLogger('silent')))

  it('are of each way that a load can go', () => {
    const names = recordedHistories().map(({ name }) => name)
    assert.deepEqual(names, [
      'backfill-cancelled',
      'backfill-continued-1',
      'backfill-continued-2',
      'backfill-failed',
      'backfill-stopped',
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
      'planned',
      'reclaimed',
      'rejected',
      'reprocessed-parts',
      'reprocessed',
      'skipped',
      'sliding-1',
      'sliding-2',
      'sliding-3',
      'sliding-cancelled',
      'sliding-failed',
      'sliding-item',
      'sliding-lost',
      'ticked',
      'transformed',
      'unapproved',
      'unprepared',
      'upstream-failed',
      'waited-long-after',
      'waited',
    ])
  })

  it('are of every workflow', () => {
    const types = recordedHistories().map(
      ({ history }) =>
        history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '',
    )
    const functions = (module: object): string[] =>
      Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? name : []))
    const names = functions(workflows).toSorted()
    assert.deepEqual([...new Set(types)].toSorted(), names)
    assert.deepEqual(functions(changedWorkflows).toSorted(), names)
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
  // What was read would not have been there.
  for await (const { key } of store.list('')) assert.fail(`${key} was written`)
  return replayed
}
