import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  PipelineDefinition,
  ScheduleDefinition,
} from '../../../activities/pipeline-definition.ts'
import { planDownstream } from '../../../src/client/plan-downstream.ts'
import { CommandError } from '../../../src/command-error.ts'
import type { ListedPipeline } from '../../../src/pipeline/list-pipelines.ts'

const daily: ScheduleDefinition = {
  every: 'day',
  hour: 2,
  minute: 0,
  timezone: 'Europe/Oslo',
  catchupMs: 0,
}

function file(
  name: string,
  after: readonly string[] = [],
  schedule?: ScheduleDefinition,
): ListedPipeline {
  const definition: PipelineDefinition = {
    name,
    source: { kind: 'file', paths: ['*'], format: 'ndjson', records: [], headers: {} },
    columns: [],
    onReject: { max: 0 },
    target: { kind: 'postgres', schema: 'public', table: 't', mode: 'append' },
    limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 1 },
    after: after.map((pipeline) => ({ pipeline, onFailure: 'wait', timeoutMs: 1 })),
    ...(schedule === undefined ? {} : { schedule }),
  }
  return { name, path: `/pipelines/${name}.yaml`, kind: 'valid', definition }
}

const broken = (name: string): ListedPipeline => ({
  name,
  path: `/pipelines/${name}.yaml`,
  kind: 'invalid',
  error: new CommandError('PIPELINE_INVALID', `${name} is broken`, { remedy: '' }),
})

const names = (pipeline: string, files: readonly ListedPipeline[]): string[] =>
  planDownstream(pipeline, files).map(({ name }) => name)

const diamond = [
  file('a'),
  file('b', ['a']),
  file('c', ['a']),
  file('d', ['b', 'c']),
  file('other'),
]

test('all that comes after a pipeline, and after these, each once and nearest first', () => {
  assert.deepEqual(names('a', diamond), ['b', 'c', 'd'])
  assert.deepEqual(names('b', diamond), ['d'])
  assert.deepEqual(names('d', diamond), [])
  assert.deepEqual(names('other', diamond), [])
})

test('pipelines that wait for each other are refused, wherever the cycle is', () => {
  const cycle = [file('a', ['c']), file('b', ['a']), file('c', ['b'])]
  for (const name of ['a', 'b', 'c']) {
    assert.throws(() => names(name, cycle), { code: 'AFTER_CYCLE', message: /after .* after / })
  }
  assert.throws(() => names('a', [file('a', ['a'])]), { code: 'AFTER_CYCLE', message: /a after a/ })
  // Before it, and after it.
  const upstream = [file('x', ['y']), file('y', ['x']), file('z', ['y'])]
  assert.throws(() => names('z', upstream), { code: 'AFTER_CYCLE' })
  const downstream = [file('s'), file('t', ['s', 'u']), file('u', ['t'])]
  assert.throws(() => names('s', downstream), { code: 'AFTER_CYCLE' })
})

test('an upstream that is not there is named, with the file that names it', () => {
  const files = [file('airports'), file('flights', ['airprots'])]
  assert.throws(() => names('flights', files), {
    code: 'PIPELINE_NOT_FOUND',
    message:
      '/pipelines/flights.yaml: after: there is no pipeline airprots (did you mean airports?)',
  })
  assert.deepEqual(names('airports', files), [])
})

test('a broken file matters where it is an upstream, and nowhere else', () => {
  const files = [file('a'), file('b', ['a', 'x']), broken('x')]
  assert.throws(() => names('a', files), { code: 'PIPELINE_INVALID', message: 'x is broken' })
  assert.deepEqual(names('a', [file('a'), file('b', ['a']), broken('x')]), ['b'])
})

test('schedules of pipelines that wait for each other have the same slices', () => {
  const hourly: ScheduleDefinition = { ...daily, every: 'hour' }
  const files = (one: ScheduleDefinition | undefined, other: ScheduleDefinition) => [
    file('a', [], one),
    file('b', ['a'], other),
  ]
  assert.deepEqual(names('a', files(daily, { ...daily, hour: 5 })), ['b'])
  assert.deepEqual(names('a', files(undefined, daily)), ['b'])
  assert.deepEqual(names('a', files(hourly, { ...hourly, timezone: 'UTC' })), ['b'])
  const refused = {
    code: 'PIPELINE_INVALID',
    message: /^\/pipelines\/b\.yaml: after: a loads each .* never meet$/,
  }
  assert.throws(() => names('a', files(daily, hourly)), refused)
  assert.throws(() => names('b', files(daily, { ...daily, timezone: 'UTC' })), refused)
})
