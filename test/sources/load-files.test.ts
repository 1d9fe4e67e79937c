import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { ObjectKey } from '../../codec/index.ts'
import { assertFailure } from '../e2e/support/assert-failure.ts'
import { storeUnderTest } from '../codec/store-under-test.ts'
import { openHostileSource, type HostileSource } from '../support/hostile-source.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { runSummary } from '../support/run-summary.ts'
import { fileRoute } from '../unit/sources/files/file-route.ts'

const partition = '2001-01-01'
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `{"id":${from + index}}\n`).join('')

describe('a load of files', () => {
  let bed: LoadBed
  let folder: string
  let server: HostileSource
  before(async () => {
    bed = await openLoadBed()
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-load-files-'))
    const served = { body: gzipSync(rows(300, 400)), headers: { ETag: '"one"' } }
    server = await openHostileSource({
      '/rows': fileRoute({
        file: () => served,
        cutAfterBytes: (count) => (count === 1 ? 100 : undefined),
      }),
    })
    await bed.startWorker({ FILES: server.url, CLAIMCHECK_SOURCE_DIRECTORIES: folder })
  })
  after(async () => {
    await bed?.close()
    await server?.close()
    await rm(folder, { recursive: true })
  })

  async function write(paths: readonly string[]): Promise<string> {
    const name = uniqueName('files')
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path: paths, format: 'ndjson' },
      columns: { id: { type: 'integer', key: true } },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    return name
  }
  const run = (name: string) => bed.cli(['run', name, '--partition', partition, '--wait', '--json'])

  it('takes local files, objects and what comes over HTTP, each once', async () => {
    const key = `files-${randomUUID()}/${partition}/rows.ndjson.zst` as ObjectKey
    await bed.store.put(key, zstdCompressSync(rows(200, 300)), { contentType: 'x/y' })
    await writeFile(join(folder, 'a.ndjson'), rows(0, 100))
    await writeFile(join(folder, 'b.ndjson.gz'), gzipSync(rows(100, 200)))
    await writeFile(join(folder, '_SUCCESS'), '')
    const name = await write([
      `${folder}/*`,
      `${folder}/a.ndjson`,
      `s3://${storeUnderTest().bucket}/${key.replace(partition, '{partition}')}`,
      '${FILES}/rows',
    ])
    const summary = runSummary(await run(name))
    assert.deepEqual([summary.rows, summary.rejects], [400, 0])
    const [table] = await bed.database.query(
      `SELECT count(*)::int AS count, sum(id)::int AS sum FROM ${tableOf(name)}`,
    )
    assert.deepEqual(table, { count: 400, sum: (399 * 400) / 2 })
    await bed.store.delete([key])
  })

  it('reads nothing outside of the directories that the worker may read', async () => {
    const outcome = await run(await write([join(process.cwd(), 'package.json')]))
    assertFailure(outcome, { code: 'SOURCE_PATH_REFUSED', exitCode: 1 })
  })
})
