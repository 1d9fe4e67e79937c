import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exposition } from '../../../src/web/metrics/exposition.ts'

test('metrics are written as Prometheus reads them, whatever names there are', () => {
  const text = exposition([
    {
      name: 'claimcheck_pipeline_rows',
      help: 'Rows of the last load',
      samples: [
        { labels: { pipeline: 'flights', target: 'public."a\\b"\n' }, value: 12.5 },
        { labels: {}, value: 0 },
      ],
    },
    { name: 'claimcheck_none', help: 'Nothing', samples: [] },
  ])
  assert.equal(
    text,
    [
      '# HELP claimcheck_pipeline_rows Rows of the last load',
      '# TYPE claimcheck_pipeline_rows gauge',
      'claimcheck_pipeline_rows{pipeline="flights",target="public.\\"a\\\\b\\"\\n"} 12.5',
      'claimcheck_pipeline_rows 0',
      '# HELP claimcheck_none Nothing',
      '# TYPE claimcheck_none gauge',
      '',
    ].join('\n'),
  )
})
