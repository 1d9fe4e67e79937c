import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { chooseRun } from '../../../src/client/choose-run.ts'

const ids = [
  'etl/flights/2001-01',
  'etl/flights/2001-01-05',
  'etl/flights-old/2001-01',
  'reprocess/2f9c',
  'graph/all/2001-01',
]

describe('chooseRun', () => {
  const cases: readonly [string, string, ReturnType<typeof chooseRun>][] = [
    ['a workflow id', 'graph/all/2001-01', { kind: 'found', workflowId: 'graph/all/2001-01' }],
    [
      'a workflow id, though others begin with it',
      'etl/flights/2001-01',
      { kind: 'found', workflowId: 'etl/flights/2001-01' },
    ],
    [
      'pipeline and partition, though others begin with them',
      'flights/2001-01',
      { kind: 'found', workflowId: 'etl/flights/2001-01' },
    ],
    ['the only beginning', 'repr', { kind: 'found', workflowId: 'reprocess/2f9c' }],
    [
      'the only beginning of a pipeline',
      'flights-',
      { kind: 'found', workflowId: 'etl/flights-old/2001-01' },
    ],
    [
      'a beginning of several',
      'flights/2001',
      { kind: 'ambiguous', candidates: ['etl/flights/2001-01', 'etl/flights/2001-01-05'] },
    ],
    ['what is none', 'airports', { kind: 'not-found' }],
    ['a part that is no beginning', '2001-01', { kind: 'not-found' }],
  ]
  for (const [name, text, expected] of cases) {
    it(`knows ${name}`, () => assert.deepEqual(chooseRun(text, ids), expected))
  }

  it('takes no beginning for the only one of a list that was cut short', () => {
    const candidates = ['etl/flights-old/2001-01']
    assert.deepEqual(chooseRun('flights-', ids, true), { kind: 'ambiguous', candidates })
    assert.equal(chooseRun('flights-old/2001-01', ids, true).kind, 'found')
  })

  it('finds by any beginning that fits one, and never another than one that begins so', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.nat(30), (id, length) => {
        const text = id.slice(0, Math.max(length, 1))
        const chosen = chooseRun(text, ids)
        const fitting = ids.filter((one) => one.startsWith(text) || one.startsWith(`etl/${text}`))
        if (chosen.kind === 'found') assert.ok(fitting.includes(chosen.workflowId))
        else {
          assert.equal(chosen.kind, 'ambiguous')
          assert.deepEqual(chosen.candidates, fitting.toSorted())
        }
        assert.equal(chosen.kind === 'found', fitting.length === 1 || ids.includes(text))
      }),
    )
  })
})
