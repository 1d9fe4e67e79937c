import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookUpForgottenLoads } from '../../../activities/graph/look-up-forgotten-loads.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { LoadStarter } from '../../../activities/load-starter.ts'
import { loadedLongAgo } from '../../support/loaded-long-ago.ts'

const partition = '2001-01-01'
const attempt = { signal: new AbortController().signal }
const datasetId = 'dataset' as DatasetId

describe('loads that Temporal has forgotten', () => {
  const knowing = (...known: string[]) => {
    const starter: Partial<LoadStarter> = {
      isKnown: async (pipeline, of) => of === partition && known.includes(pipeline),
    }
    return starter as LoadStarter
  }

  it('are loaded where the target has the slice that their run was of', async () => {
    const bed = loadedLongAgo({ partition, tables: ['a', 'known'] })
    const interval = { start: '2000-12-31T23:00:00Z', end: '2001-01-01T23:00:00Z' }
    await bed.note('a', { interval })
    await bed.note('known')
    await bed.note('unpublished')
    const pipelines = ['known', 'a', 'unpublished', 'never']
    const ports = { ...bed, starter: knowing('known') }
    const found = await lookUpForgottenLoads(ports, { pipelines, partition }, attempt)
    assert.deepEqual(found, { loaded: ['a'] })
    const asked = bed.asked.map(({ pipeline, slices }) => [pipeline, slices[0]?.interval])
    assert.equal(asked.length, 2)
    assert.deepEqual(asked[0], ['a', interval])
  })

  it('are looked for where the latest run of the pipeline itself has loaded', async () => {
    const bed = loadedLongAgo({ partition, tables: ['now', 'copy', 'moved-before'] })
    await bed.note('now', { requestedAt: '2001-01-02T00:00:00Z' }, 'before')
    await bed.note('now', { requestedAt: '2001-01-04T00:00:00Z' }, 'now')
    await bed.note('moved', { requestedAt: '2001-01-02T00:00:00Z' }, 'moved-before')
    await bed.note('moved', { requestedAt: '2001-01-04T00:00:00Z' }, 'moved-now')
    const elsewhere = { datasetId, from: 'parts', elsewhere: true } as const
    await bed.note('copied', {}, 'none')
    await bed.note(
      'copied',
      { requestedAt: '2001-01-04T00:00:00Z', reprocessing: elsewhere },
      'copy',
    )
    const pipelines = ['now', 'moved', 'copied']
    const ports = { ...bed, starter: knowing() }
    const found = await lookUpForgottenLoads(ports, { pipelines, partition }, attempt)
    assert.deepEqual(found, { loaded: ['now'] })
    assert.deepEqual(
      bed.asked.map(({ target }) => target.kind === 'postgres' && target.table),
      ['now', 'moved-now', 'none'],
    )
  })
})
