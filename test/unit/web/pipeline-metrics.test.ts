import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import {
  readParquetTargets,
  type ParquetReadings,
} from '../../../src/web/metrics/read-parquet-targets.ts'
import { createPageApp, pageHost as host } from '../../support/page-app.ts'
import { writePipeline } from '../../support/pipeline-fixture.ts'

const away = { kind: 'unknown', code: 'TARGET_UNREACHABLE', message: '', remedy: '' } as const
const status = {
  intervalEnd: new Date(Date.now() - 3_600_000),
  publishedAt: new Date('2026-01-02T00:00:00Z'),
  rows: 12,
  rowsRejected: 3,
  fieldsMissing: null,
}
const nothing = {
  intervalEnd: null,
  publishedAt: null,
  rows: null,
  rowsRejected: null,
  fieldsMissing: null,
}

describe('metrics of pipelines into Parquet', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'claimcheck-metrics-test-'))
  })
  after(() => rm(directory, { recursive: true }))

  /** The lines of samples, without the prefix that all have. */
  async function samplesOf(readings: ParquetReadings): Promise<string[]> {
    const services = { parquetReadings: async () => readings, scheduleReadings: async () => [] }
    const { app } = createPageApp({ directory, services })
    const text = await (await app.request('/metrics', { headers: { host } })).text()
    return text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/^claimcheck_/, ''))
  }

  it('say what is known of each, and of which server the others are not', async () => {
    const samples = await samplesOf({
      targets: [
        { pipeline: 'one', place: 's3://lake/one', status: { kind: 'known', value: status } },
        { pipeline: 'new', place: 's3://lake/new', status: { kind: 'known', value: nothing } },
        { pipeline: 'gone', place: 's3://gone/x', status: away },
        { pipeline: 'half', place: 's3://lake/one', status: { kind: 'known', value: undefined } },
      ],
      runs: {
        kind: 'known',
        value: new Map([
          ['one', { running: 1, failed: 2 }],
          ['new', { running: 0, failed: 0 }],
        ]),
      },
    })
    const lag = samples.findIndex((line) => line.startsWith('pipeline_lag_seconds'))
    const [lagLine = ''] = samples.splice(lag, 1)
    assert.match(
      lagLine,
      /^pipeline_lag_seconds\{pipeline="one",target="s3:\/\/lake\/one"\} 36\d\d/,
    )
    const one = '{pipeline="one",target="s3://lake/one"}'
    const fresh = '{pipeline="new",target="s3://lake/new"}'
    assert.deepEqual(samples, [
      'server_up{server="temporal"} 1',
      'server_up{server="s3://lake/one"} 1',
      'server_up{server="s3://lake/new"} 1',
      'server_up{server="s3://gone/x"} 0',
      `pipeline_published_timestamp_seconds${one} 1767312000`,
      `pipeline_rows${one} 12`,
      `pipeline_rows_rejected${one} 3`,
      `pipeline_runs_running${one} 1`,
      `pipeline_runs_running${fresh} 0`,
      `pipeline_runs_failed${one} 2`,
      `pipeline_runs_failed${fresh} 0`,
    ])
  })

  it('are there without the runs where Temporal cannot be asked', async () => {
    const known = { kind: 'known', value: status } as const
    const samples = await samplesOf({
      targets: [
        { pipeline: 'two', place: 's3://lake/shared', status: away },
        { pipeline: 'one', place: 's3://lake/shared', status: known },
      ],
      runs: { ...away, code: 'TEMPORAL_UNREACHABLE' },
    })
    assert.deepEqual(samples.slice(0, 2), [
      'server_up{server="temporal"} 0',
      'server_up{server="s3://lake/shared"} 0',
    ])
    assert.ok(samples.some((line) => line.startsWith('pipeline_rows{pipeline="one"')))
    assert.ok(!samples.some((line) => line.includes('runs_')), samples.join('\n'))
  })

  it('wait for no target that does not answer', async (t) => {
    for (const name of ['silent', 'refused', 'table']) {
      await writePipeline(directory, name, {
        name,
        source: { kind: 'http', url: 'http://source.example/', records: '$' },
        columns: { id: { type: 'bigint', key: true } },
        target:
          name === 'table'
            ? { kind: 'postgres', table: 'public.t', mode: 'merge' }
            : { kind: 'parquet', path: `s3://lake/${name}`, mode: 'replace' },
      })
    }
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const asked: string[] = []
    const reading = readParquetTargets(
      {
        directories: [directory],
        signal: new AbortController().signal,
        client: () => assert.fail('there is nothing to ask Temporal'),
      },
      {
        async within({ target, signal }) {
          asked.push(target.prefix)
          if (target.prefix === 'refused') {
            throw new PipelineError('TARGET_DENIED', 'refused', { remedy: '.' })
          }
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('aborted')))
          })
        },
      },
    )
    while (asked.length < 2) await turn()
    t.mock.timers.tick(5_000)
    const { targets, runs } = await reading
    assert.deepEqual(
      targets.map(({ pipeline, status: { kind, ...unknown } }) => [
        pipeline,
        kind,
        'code' in unknown && unknown.code,
      ]),
      [
        ['refused', 'unknown', 'TARGET_DENIED'],
        ['silent', 'unknown', 'TARGET_UNREACHABLE'],
      ],
    )
    assert.deepEqual(runs, { kind: 'known', value: new Map() })
  })
})
