import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'
import { CatalogError } from '../../../src/targets/postgres/catalog-error.ts'
import type { PartitionState } from '../../../src/targets/postgres/partition-states.ts'
import type { PageDatabase, PageServices } from '../../../src/web/page/page-services.ts'
import { asBrowser, createPageApp } from '../../support/page-app.ts'

const datasetId = '0190a5f0-0000-8000-8000-000000000001'

function stateOf(given: Partial<PartitionState>): PartitionState {
  return {
    pipeline: 'gone',
    partition: '2001-01-01T06',
    target: 'public.gone',
    state: 'loaded',
    failureCode: null,
    intervalStart: null,
    workflowId: null,
    load: null,
    ...given,
  }
}

/** A catalog of these states alone. */
function databaseOf(states: readonly PartitionState[]): PageDatabase {
  return {
    list: () => Promise.reject(new CatalogError('CATALOG_OUTDATED', 'of before', { remedy: '.' })),
    newestStates: async () => states,
    pipelineStatus: async () => [],
    loads: { findLoads: async () => [] },
  }
}

describe('the pages of pipelines', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'claimcheck-pages-test-'))
    await writeFile(join(directory, 'broken.yaml'), 'name: broken\n')
  })
  after(() => rm(directory, { recursive: true }))

  async function textOf(path: string, services: Partial<PageServices> = {}) {
    const { app } = createPageApp({ directory, services })
    const response = await app.request(path, { headers: asBrowser })
    return { status: response.status, text: await response.text() }
  }

  it('are there for what was loaded, whatever became of the file', async () => {
    const store = new MemoryObjectStore()
    for (const name of ['gone', 'broken']) {
      const key = `datasets/${name}/2001-01-01T06/${datasetId}/manifest.json` as ObjectKey
      await store.put(key, Buffer.from('{}'), { contentType: 'application/json' })
    }
    for (const [name, code] of [
      ['gone', 'PIPELINE_NOT_FOUND'],
      ['broken', 'PIPELINE_INVALID'],
    ] as const) {
      const { status, text } = await textOf(`/datasets/${name}`, { store })
      assert.equal(status, 200, name)
      assert.match(text, new RegExp(code))
      assert.match(text, new RegExp(`/datasets/${name}/2001-01-01T06\\?dataset=${datasetId}`))
    }
    const partition = await textOf('/datasets/gone/2001-01-01T06', { store })
    assert.equal(partition.status, 200)
    assert.match(partition.text, new RegExp(datasetId.slice(0, 8)))
  })

  it('are not there for what never was', async () => {
    for (const path of ['/datasets/nothing', '/datasets/No%20Name', '/datasets/..%2Fx']) {
      assert.equal((await textOf(path)).status, 404, path)
    }
    for (const path of ['/datasets/a/b%2F..%2Fc', "/datasets/a/b'c", '/datasets/A/2001']) {
      assert.equal((await textOf(path)).status, 400, path)
    }
  })

  it('show a dataset of their own partition only', async () => {
    const store = new MemoryObjectStore()
    const listed: string[] = []
    const list = store.list.bind(store)
    store.list = (prefix, options) => {
      listed.push(prefix)
      return list(prefix, options)
    }
    const { text } = await textOf(`/datasets/gone/2001-01?dataset=${datasetId}`, { store })
    assert.match(text, /DATASET_NOT_FOUND/)
    // Never the whole bucket.
    assert.deepEqual(new Set(listed), new Set(['datasets/gone/2001-01/']))
  })

  it('are led to from the first page, which tells tables apart', async () => {
    const database = databaseOf([
      stateOf({ target: 'public.one' }),
      stateOf({ target: 'public.two', state: 'failed', failureCode: 'SOURCE_UNREACHABLE' }),
    ])
    const { text } = await textOf('/', { database })
    assert.match(text, /href="\/datasets\/gone">gone</)
    assert.match(text, /aria-label="2001-01-01T06: loaded, public\.one"/)
    assert.match(text, /aria-label="2001-01-01T06: failed \(SOURCE_UNREACHABLE\), public\.two"/)
  })

  it('keep what the catalog says of a run while Temporal is away', async () => {
    const database = databaseOf([stateOf({ state: 'running', workflowId: 'etl/gone/2001' })])
    const { text } = await textOf('/', { database })
    assert.match(text, /aria-label="2001-01-01T06: running"/)
  })
})
