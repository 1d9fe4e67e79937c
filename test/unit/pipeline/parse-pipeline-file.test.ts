import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { CommandError } from '../../../src/command-error.ts'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { httpSource, pipelineText, problemsOf } from './pipeline-text.ts'

test('defaults are filled in, and the result is frozen', () => {
  const definition = parsePipelineFile(pipelineText(), 'flights.yaml')
  assert.deepEqual(definition, {
    name: 'flights',
    source: {
      kind: 'http',
      url: 'http://source.invalid/flights',
      query: {},
      headers: {},
      format: 'json',
      records: [],
      next: { kind: 'none' },
    },
    columns: [{ name: 'id', type: { kind: 'bigint' }, from: 'id', key: true }],
    onReject: { max: 0 },
    target: { kind: 'postgres', schema: 'public', table: 'flights', mode: 'merge' },
    limits: { batchBytes: 2 ** 24, pageBytes: 2 ** 26, batchesInFlight: 2, attempts: 8 },
  })
  assert.ok(Object.isFrozen(definition) && Object.isFrozen(definition.columns[0]?.type))
})

test('everything that can be given is taken', () => {
  const text = pipelineText({
    source: `
  kind: http
  url: https://\${USER}:\${PASSWORD}@\${HOST}:\${PORT}/flights?x=1
  query: { since: "{interval.start}", version: 1.10, zip: 0012, big: 12345678901234567890, on: true }
  headers: { authorization: "Bearer \${TOKEN}" }
  records: $.data.items
  next: { kind: cursor, path: $.paging.next, parameter: after }`,
    on_reject: '{ max: 5 }',
    limits: '{ batch_bytes: 1.5 KiB, page_bytes: 4096, batches_in_flight: 3, attempts: 1 }',
    target: '{ kind: postgres, table: Air.Flights, mode: merge }',
  })
  const definition = parsePipelineFile(text, 'flights.yaml')
  const { onReject, limits, target } = definition
  const source = httpSource(definition)
  assert.deepEqual(source.query, {
    since: '{interval.start}',
    version: '1.10',
    zip: '0012',
    big: '12345678901234567890',
    on: 'true',
  })
  assert.deepEqual(source.records, ['data', 'items'])
  assert.deepEqual(source.next, { kind: 'cursor', path: ['paging', 'next'], parameter: 'after' })
  assert.equal(onReject.max, 5)
  assert.deepEqual(limits, { batchBytes: 1536, pageBytes: 4096, batchesInFlight: 3, attempts: 1 })
  assert.deepEqual(target, { kind: 'postgres', schema: 'Air', table: 'Flights', mode: 'merge' })
})

test('paging is written in short or in full', () => {
  const page = { kind: 'page', parameter: 'page', first: 1 }
  const offset = { kind: 'offset', parameter: 'offset', first: 0 }
  for (const [next, expected] of [
    ['none', { kind: 'none' }],
    ['page', page],
    ['{ kind: page }', page],
    [
      '{ kind: page, parameter: p, first: 0, size: 50 }',
      { ...page, parameter: 'p', first: 0, size: 50 },
    ],
    ['offset', offset],
    ['{ kind: offset, size: 50 }', { ...offset, size: 50 }],
    ['link-header', { kind: 'link-header' }],
    ['{ kind: link-header }', { kind: 'link-header' }],
  ] as const) {
    const text = pipelineText({
      source: `{ kind: http, url: "http://source.invalid", format: csv, next: ${next} }`,
      limits: '{ max_pages: 7 }',
    })
    const definition = parsePipelineFile(text, 'flights.yaml')
    const { limits } = definition
    assert.deepEqual(httpSource(definition).next, expected)
    assert.equal(limits.maxPages, 7)
  }
})

test('columns keep their order, names that look like numbers included', () => {
  const text = pipelineText({
    columns: '{ b: text, 10: text, a: { type: uuid, key: true }, 9: date }',
  })
  const names = parsePipelineFile(text, 'flights.yaml').columns.map(({ name }) => name)
  assert.deepEqual(names, ['b', '10', 'a', '9'])
})

test('all problems are reported at once, each with its place', () => {
  const text = `name: flights
tarnsform: x
source:
  kind: http
  url: ftp://x
columns:
  id: { type: bigint, kee: true }
  delay: { type: intger }
target: { kind: postgres, table: flights, mode: merge }
`
  const problems = problemsOf(text)
  assert.equal(problems.length, 4)
  assert.match(problems[0] ?? '', /^flights\.yaml:2:1 tarnsform: is not a key here/)
  assert.match(problems[1] ?? '', /^flights\.yaml:5:8 source\.url: must begin with/)
  assert.match(problems[2] ?? '', /^flights\.yaml:7:23 columns\.id\.kee: .*did you mean key\?/)
  assert.match(problems[3] ?? '', /^flights\.yaml:8:18 columns\.delay\.type: .*mean integer\?/)
})

test('the name is the name of the file', () => {
  assert.deepEqual(problemsOf(pipelineText(), 'pipelines/airports.yaml'), [
    'pipelines/airports.yaml:1:7 name: is flights, and the file is called airports.yaml',
  ])
  assert.deepEqual(problemsOf(pipelineText(), 'standard input'), [])
  assert.match(problemsOf(pipelineText({ name: 'Flights' })).join(), /lower-case letters/)
})

test('whatever the text, there is a definition or a PIPELINE_INVALID', () => {
  const piece = fc.constantFrom(
    ...'name source columns id bigint $.a ${A} - { } [ ] &a *a " \' | > ! % # ? ,'.split(' '),
    ': ',
    ', ',
    '\n',
    '  ',
    '\t',
    '\0',
    '---\n',
  )
  const garbage = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
  const mutated = fc.tuple(fc.nat(200), fc.nat(10), garbage).map(([at, cut, extra]) => {
    const text = pipelineText()
    return text.slice(0, at) + extra + text.slice(at + cut)
  })
  fc.assert(fc.property(fc.oneof(garbage, mutated), parsesOrIsRefused), { numRuns: 500 })
})

function parsesOrIsRefused(text: string): void {
  try {
    parsePipelineFile(text, 'flights.yaml')
  } catch (error) {
    assert.ok(error instanceof CommandError, String(error))
    assert.match(error.message, /flights\.yaml:\d+:\d+/)
  }
}
