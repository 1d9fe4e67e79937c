import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadLabels, runLabels } from '../../../src/client/run-labels.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

describe('the labels of a run', () => {
  it('say what a load is for', () => {
    const labels = loadLabels({
      definition: plainDefinition('flights'),
      partition: '2001-01',
      interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
      requestedAt: '2001-02-01T03:00:00Z',
      refetch: false,
    })
    assert.match(labels.staticSummary, /^flights 2001-01 → \S+$/)
    assert.deepEqual(labels.staticDetails.split('\n').slice(0, 2), [
      '- **pipeline**: `flights`',
      '- **partition**: `2001-01 (2001-01-01T00:00:00Z to 2001-02-01T00:00:00Z)`',
    ])
  })

  it('fit what Temporal takes, whatever the names are', () => {
    const { staticSummary, staticDetails } = runLabels('𝒩'.repeat(300), {
      target: `\`${'𝒩'.repeat(10_000)}\`\n# not a title`,
    })
    assert.ok(Buffer.byteLength(staticSummary) <= 400)
    assert.ok(Buffer.byteLength(staticDetails) <= 20_000)
    assert.equal(staticDetails.match(/[`\n]/g)?.join(''), '``\n')
  })
})
