import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pipelineDefinition } from '../../../activities/definition-schema.ts'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { pipelineText, problemsOf } from './pipeline-text.ts'

const definitionOf = (retention?: string) =>
  parsePipelineFile(pipelineText(retention === undefined ? {} : { retention }), 'flights.yaml')

test('a rule is pinned as it is written, and no rule is none', () => {
  const { retention } = definitionOf(
    '{ datasets: { keep: 3, days: 90 }, landings: { days: 30 }, unfinished: { days: 7 }, keep_last_good: false }',
  )
  assert.deepEqual(retention, {
    datasets: { keep: 3, days: 90 },
    landings: { days: 30 },
    unfinished: { days: 7 },
    keepLastGood: false,
  })
  assert.deepEqual(definitionOf('{ datasets: { keep: 1 } }').retention, { datasets: { keep: 1 } })
  assert.equal('retention' in definitionOf(), false)
  const definition = definitionOf('{ landings: { days: 30 } }')
  const pinned: unknown = JSON.parse(JSON.stringify(definition))
  assert.deepEqual(pipelineDefinition.parse(pinned), definition)
})

const refused: readonly (readonly [string, RegExp])[] = [
  ['{}', /retention: has no rule: there are datasets, landings, unfinished/],
  ['{ datasets: {} }', /retention\.datasets: says neither `keep` nor `days`/],
  ['{ datasets: { keep: 0 } }', /retention\.datasets\.keep: must be a whole number from 1/],
  [
    '{ datasets: { days: 0.5 } }',
    /retention\.datasets\.days: must be a whole number of days from 1/,
  ],
  ['{ landings: {} }', /retention\.landings\.days: is missing/],
  ['{ landings: { days: 3d } }', /retention\.landings\.days: must be/],
  ['{ unfinished: { days: -1 } }', /retention\.unfinished\.days: must be a whole number of days/],
  ['{ landings: { keep: 3, days: 1 } }', /retention\.landings\.keep: is not a key here/],
  ['{ dataset: { keep: 3 } }', /retention\.dataset: is not a key here \(did you mean datasets\?\)/],
  [
    '{ landings: { days: 1 }, keep_last_good: true }',
    /retention\.keep_last_good: says something only beside `datasets`/,
  ],
]

test('what is wrong with a rule is said with its place', () => {
  for (const [retention, message] of refused) {
    const problems = problemsOf(pipelineText({ retention })).join('\n')
    assert.match(problems, message)
    assert.match(problems, /:\d+:\d+ /)
  }
})
