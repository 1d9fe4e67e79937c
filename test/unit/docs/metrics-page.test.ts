import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { STEP_COUNTERS } from '../../../activities/report-step.ts'
import { CODEC_COUNTERS } from '../../../src/worker/count-codec.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const namesIn = (text: string): string[] => text.match(/\bclaimcheck_[a-z_]+\b/g) ?? []

/** Of those that `claimcheck web` serves: their endings, as they stand in its code. */
function gauges(): string[] {
  const text = read('src/web/metrics/pipeline-metrics.ts')
  const families = text.split(/^function /m)
  return families.flatMap((family) => {
    const prefix = /name: `(claimcheck_[a-z]+_)\$\{name\}`/.exec(family)?.[1]
    const whole = family.match(/(?<=name: ')claimcheck_\w+/g) ?? []
    const endings = prefix === undefined ? [] : (family.match(/(?<=metric\(\s*')\w+/g) ?? [])
    return [...whole, ...endings.map((ending) => `${prefix}${ending}`)]
  })
}

const counters = Object.keys({ ...STEP_COUNTERS, ...CODEC_COUNTERS }).map(
  (name) => `claimcheck_${name}_total`,
)

test('docs/operations.md lists every metric, and no other', () => {
  const rows = read('docs/operations.md').match(/(?<=^\| `)claimcheck_\w+/gm) ?? []
  assert.deepEqual(rows.toSorted(), [...counters, ...gauges()].toSorted())
  assert.ok(gauges().length > 8)
})

test('the dashboard and the alerts ask for metrics that are there', () => {
  const known = new Set([...counters, ...gauges()])
  for (const path of ['infra/grafana-dashboard.json', 'infra/prometheus-alerts.yaml']) {
    const asked = namesIn(read(path))
    assert.ok(asked.length > 0, path)
    assert.deepEqual(
      asked.filter((name) => !known.has(name)),
      [],
      path,
    )
  }
})

test('docs/runbook.md says of every alert what to do', () => {
  const alerts = read('infra/prometheus-alerts.yaml').match(/(?<=- alert: )\w+/g) ?? []
  const rows = read('docs/runbook.md').match(/(?<=^\| `)Claimcheck\w+/gm) ?? []
  assert.deepEqual(rows.toSorted(), alerts.toSorted())
})
