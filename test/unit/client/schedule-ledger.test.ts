import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '@temporalio/client'
import type { PipelineDefinition } from '../../../activities/pipeline-definition.ts'
import { readLedger } from '../../../src/client/schedule-ledger.ts'

const definition: PipelineDefinition = {
  name: 'flights',
  source: { kind: 'file', paths: ['*'], format: 'ndjson', records: [], headers: {} },
  columns: [],
  onReject: { max: 0 },
  target: { kind: 'postgres', schema: 'public', table: 't', mode: 'append' },
  limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 1 },
  schedule: {
    every: 'day',
    hour: 2,
    minute: 0,
    timezone: 'UTC',
    catchupMs: 2 * 86_400_000,
    jitterMs: 600_000,
  },
}

const tick = {
  definition,
  downstream: [],
  since: '2025-06-01T00:00:00Z',
  appliedFrom: { file: '', digest: '' },
}

async function ledger(now: string, covered: readonly string[], running: readonly string[]) {
  const workflow = {
    async *list() {
      for (const name of running) yield { workflowId: `etl/flights/${name}` }
    },
  }
  return readLedger(
    { tick },
    {
      client: { workflow } as unknown as Client,
      coverage: { coveredSlices: async () => new Set(covered) },
      now: new Date(now),
      signal: new AbortController().signal,
    },
  )
}

test('says what was due and is not loaded: on its way, for the next tick, or too old for any', async () => {
  const { missed, dueCount } = await ledger('2025-06-06T02:10:00Z', ['2025-06-01'], ['2025-06-03'])
  assert.equal(dueCount, 6)
  assert.deepEqual(
    missed.map(({ name, state, isOverdue }) => [name, state, isOverdue]),
    [
      ['2025-05-31', 'missing', true],
      ['2025-06-02', 'missing', true],
      ['2025-06-03', 'running', false],
      ['2025-06-04', 'due', true],
      // Its tick may come ten minutes late.
      ['2025-06-05', 'due', false],
    ],
  )
  const later = await ledger('2025-06-06T02:16:00Z', ['2025-06-01'], [])
  assert.equal(later.missed.at(-1)?.isOverdue, true)
})

test('has nothing to say where all is loaded, and counts only from when it was applied', async () => {
  const days = ['2025-05-31', '2025-06-01']
  assert.deepEqual(await ledger('2025-06-02T03:00:00Z', days, []), { missed: [], dueCount: 2 })
})
