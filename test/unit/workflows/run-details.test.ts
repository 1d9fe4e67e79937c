import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noProgress } from '../../../workflows/load-progress.ts'
import { graphDetails, loadDetails } from '../../../workflows/run-details.ts'

describe('the details of a run in the Temporal UI', () => {
  it('say how far a load is', () => {
    const details = loadDetails({
      ...noProgress,
      phase: 'loading',
      paused: true,
      batchesFetched: 4,
      batchesStaged: 2,
      pages: 1200,
      sourceBytes: 3 * 1024 ** 2,
      rows: 1_234_567,
      rowsStaged: 600,
      rejects: 3,
      items: 40,
      itemsLoaded: 7,
      itemsFailed: 1,
    })
    assert.equal(
      details,
      `- **phase**: loading, paused
- **items**: 7 of 40 loaded
- **items failed**: 1
- **batches**: 4 fetched, 2 staged
- **rows**: 1,234,567 converted, 600 staged
- **rejected**: 3
- **from the source**: 3.0 MiB in 1,200 pages
`,
    )
  })

  it('say whom a load waits for, however many they are', () => {
    const waitingFor = Array.from({ length: 23 }, (_, index) => `p${index}`)
    const details = loadDetails({ ...noProgress, phase: 'waiting', waitingFor })
    assert.match(details, /^- \*\*waiting for\*\*: p0, p1, .*, p19 and 3 more\n$/)
  })

  it('say how the loads of a graph stand', () => {
    const loads = { a: 'loaded', b: 'failed', c: 'running', d: 'loaded' } as const
    assert.equal(
      graphDetails({ partition: '2001', loads }),
      '- **running**: 1: c\n- **failed**: 1: b\n- **loaded**: 2: a, d\n',
    )
  })
})
