import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PipelineDefinition } from '../../../activities/pipeline-definition.ts'
import { compareSchedules, scheduleDigest } from '../../../src/client/compare-schedules.ts'
import { CommandError } from '../../../src/command-error.ts'
import type { ListedPipeline } from '../../../src/pipeline/list-pipelines.ts'

function define(name: string, change: Partial<PipelineDefinition> = {}): PipelineDefinition {
  return {
    name,
    source: { kind: 'file', paths: ['*'], format: 'ndjson', records: [], headers: {} },
    columns: [],
    onReject: { max: 0 },
    target: { kind: 'postgres', schema: 'public', table: 't', mode: 'append' },
    limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 1 },
    schedule: { every: 'day', hour: 2, minute: 0, timezone: 'UTC', catchupMs: 0 },
    ...change,
  }
}

function file(definition: PipelineDefinition): ListedPipeline {
  return { name: definition.name, path: `${definition.name}.yaml`, kind: 'valid', definition }
}

const first = define('first')
const second = define('second', {
  after: [{ pipeline: 'first', onFailure: 'wait', timeoutMs: 1 }],
})
const applied = [
  { pipeline: 'first', digest: scheduleDigest(first, [second]) },
  { pipeline: 'second', digest: scheduleDigest(second, []) },
]

test('files that say what is applied differ in nothing, in whatever order they say it', () => {
  const { schedule, ...rest } = first
  assert.ok(schedule !== undefined)
  const files = [file({ schedule, ...rest }), file(second)]
  assert.deepEqual(compareSchedules(files, applied), {
    notApplied: [],
    changed: [],
    withoutFile: [],
  })
})

test('a file that changed shows, and so do those that it comes after', () => {
  const files = [file(first), file({ ...second, onReject: { max: 1 } }), file(define('third'))]
  assert.deepEqual(compareSchedules(files, applied), {
    notApplied: ['third'],
    changed: ['first', 'second'],
    withoutFile: [],
  })
})

test('a schedule shows that no file has any more, and not one whose file is broken', () => {
  const error = new CommandError('PIPELINE_INVALID', 'broken', { remedy: '' })
  const broken: ListedPipeline = { name: 'second', path: 'second.yaml', kind: 'invalid', error }
  const files = [file(define('first', { schedule: undefined })), broken]
  assert.deepEqual(compareSchedules(files, applied), {
    notApplied: [],
    changed: [],
    withoutFile: ['first'],
  })
})
