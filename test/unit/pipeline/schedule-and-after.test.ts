import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { pipelineText, problemsOf } from './pipeline-text.ts'

const definitionOf = (sections: Record<string, string>) =>
  parsePipelineFile(pipelineText(sections), 'flights.yaml')

test('a schedule says when, and what it does not say has a default', () => {
  assert.deepEqual(
    definitionOf({ schedule: '{ at: "02:00", timezone: Europe/Oslo, jitter: 10m }' }).schedule,
    {
      every: 'day',
      hour: 2,
      minute: 0,
      timezone: 'Europe/Oslo',
      catchupMs: 259_200_000,
      jitterMs: 600_000,
    },
  )
  assert.deepEqual(
    definitionOf({ schedule: '{ every: week, at: "23:30", on: sunday, catchup: 12h }' }).schedule,
    {
      every: 'week',
      hour: 23,
      minute: 30,
      on: 7,
      timezone: 'UTC',
      catchupMs: 43_200_000,
    },
  )
  assert.equal(definitionOf({ schedule: '{ every: month, at: "01:00" }' }).schedule?.on, 1)
  assert.equal(definitionOf({ schedule: '{ every: hour, at: ":15" }' }).schedule?.minute, 15)
})

test('a time zone has the letters that IANA has, however it is written', () => {
  for (const [written, meant] of [
    ['europe/oslo', 'Europe/Oslo'],
    ['utc', 'UTC'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['US/Eastern', 'US/Eastern'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    ['america/port-au-prince', 'America/Port-au-Prince'],
  ]) {
    const { schedule } = definitionOf({ schedule: `{ at: "02:00", timezone: ${written} }` })
    assert.equal(schedule?.timezone, meant)
  }
})

test('upstreams are waited for, each by its rule', () => {
  assert.deepEqual(
    definitionOf({ after: '[airports, { pipeline: weather, on_failure: skip, timeout: 6h }]' })
      .after,
    [
      { pipeline: 'airports', onFailure: 'wait', timeoutMs: 86_400_000 },
      { pipeline: 'weather', onFailure: 'skip', timeoutMs: 21_600_000 },
    ],
  )
})

const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ schedule: '{ at: "24:00" }' }, /schedule\.at: must be a time of day/],
  [{ schedule: '{ at: ":15" }' }, /schedule\.at: must be a time of day: 02:00/],
  [{ schedule: '{ every: hour, at: "02:00" }' }, /schedule\.at: is the minute of each hour/],
  [{ schedule: '{ at: "02:00", timezone: Mars }' }, /schedule\.timezone: is no IANA time zone/],
  // Node knows these; Temporal and PostgreSQL do not, or mean another place.
  ...['IST', 'PST', '"+01:00"', '"2001-01-01T00:00Z"', '""'].map(
    (timezone) =>
      [
        { schedule: `{ at: "02:00", timezone: ${timezone} }` },
        /schedule\.timezone: is no IANA time zone/,
      ] as const,
  ),
  [{ schedule: '{ at: "02:00", on: monday }' }, /schedule\.on: is for every: week/],
  [
    { schedule: '{ every: month, at: "02:00", on: monday }' },
    /schedule\.on: must be a day from 1 to 28/,
  ],
  [{ schedule: '{ at: "02:00", catchup: "3" }' }, /schedule\.catchup: must be a length of time/],
  [{ schedule: '{ at: "02:00", jitter: 2d }' }, /schedule\.jitter: is more than a day/],
  [{ after: '[]' }, /after: has no pipelines/],
  [{ after: '[a, a]' }, /after\.1: names a twice/],
  [{ after: '[flights]' }, /after\.0: names the pipeline itself/],
]

test('what is wrong with either is said with its place', () => {
  for (const [sections, message] of refused) {
    assert.match(problemsOf(pipelineText(sections)).join('\n'), message)
  }
})
