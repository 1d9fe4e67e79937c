import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../../../support/eventually.ts'
import type { FileSource } from '../../../../src/sources/files/file-source.ts'
import {
  files,
  listFiles,
  openFiles,
  openOnly,
  places,
  readOnly,
  requestOf,
  slice,
} from './read-files.ts'

/** Node itself makes no named pipes. */
const makePipe = 'mkfifo'

const row = '{"id":1}\n'

describe('local files', () => {
  let top: string
  let source: FileSource
  before(async () => {
    top = await mkdtemp(join(tmpdir(), 'claimcheck-files-'))
    source = openFiles({ directories: [join(top, 'in')], environment: { TOP: join(top, 'in') } })
  })
  after(async () => {
    source.close()
    await rm(top, { recursive: true })
  })

  /** Paths are given from the directory that may be read. */
  const at = (path: string) => `${top}/in/${path}`
  async function write(path: string, text = row): Promise<string> {
    await mkdir(dirname(at(path)), { recursive: true })
    await writeFile(at(path), text)
    return at(path)
  }
  const found = async (...paths: string[]) =>
    (await places(source, files(paths.map(at)))).map((place) => place.slice(at('').length))

  it('that a path names or matches are listed in order, each once', async () => {
    for (const name of ['b/2.csv', 'b/10.csv', 'a.csv', 'b/c/d.csv', 'b/e.txt']) {
      await write(`list/${name}`)
    }
    assert.deepEqual(await found('list/**/*.csv'), [
      'list/a.csv',
      'list/b/10.csv',
      'list/b/2.csv',
      'list/b/c/d.csv',
    ])
    assert.deepEqual(await found('list/b/?.csv', 'list/a.csv', 'list/b/*', 'list/../list/a.csv'), [
      'list/../list/a.csv',
      'list/b/10.csv',
      'list/b/2.csv',
      'list/b/e.txt',
    ])
    assert.deepEqual(await found('list/none*.csv', 'none/*.csv', 'list/a.csv/*'), [])
  })

  it('that are relative are looked for in the working directory', async () => {
    const here = openFiles()
    assert.deepEqual(await places(here, files('./packag?.json')), ['./package.json'])
    assert.deepEqual(await places(here, files('tsconfig*.json')), [
      'tsconfig.build.json',
      'tsconfig.json',
    ])
    here.close()
  })

  it('are named by references as they are written, and filled in by the run', async () => {
    await write('day/2001-01-01/7.csv', 'first')
    await write('day/x.csv', 'second')
    const marked = { ...slice, highWaterMark: '7' }
    const byMark = files('${TOP}/day/{partition}/{high_water_mark}.csv')
    const [item] = await listFiles(source, byMark, { slice: marked })
    assert.equal(item?.place, '${TOP}/day/2001-01-01/7.csv')
    assert.equal(await readOnly(source, byMark, { slice: marked }), 'first')
    assert.deepEqual(await places(source, files('${TOP}/day/*.csv')), ['${TOP}/day/x.csv'])
    assert.equal(await readOnly(source, files('${TOP}/day/*.csv')), 'second')
    await assert.rejects(places(source, files('${NONE}/*.csv')), { code: 'SOURCE_SETTING_MISSING' })
  })

  it('are never found by wildcards that a mark or a variable holds', async () => {
    await write('literal/a.csv')
    const star = openFiles({ directories: [top], environment: { STAR: at('literal/*') } })
    await assert.rejects(places(star, files('${STAR}')), { code: 'FILE_MISSING' })
    star.close()
    for (const [name, highWaterMark] of [
      ['*{high_water_mark}.csv', '*'],
      ['*{high_water_mark}.csv', 'a/b'],
      ['{high_water_mark}.csv', '${TOP}'],
    ] as const) {
      const path = at(`literal/${name}`)
      await assert.rejects(places(source, files(path), { slice: { ...slice, highWaterMark } }), {
        code: 'SOURCE_SETTING_INVALID',
      })
    }
  })

  it('whose name reads like a reference are not taken for another file', async () => {
    await write('odd/${TOP}.csv')
    await assert.rejects(found('odd/*'), {
      code: 'SOURCE_PATH_REFUSED',
      message: /like a reference/,
    })
  })

  it('whose name or folder is not UTF-8 are not passed over', async () => {
    await write('latin/good-\ufffd.csv')
    assert.deepEqual(await found('latin/**'), ['latin/good-\ufffd.csv'])
    for (const [folder, pattern] of [
      ['latin-1', '*'],
      ['latin-2', '**/*.csv'],
    ] as const) {
      const bytes = Buffer.from(at(`${folder}/M\xe4rz.csv`), 'latin1')
      await mkdir(at(folder))
      if (pattern === '*') await writeFile(bytes, row)
      else await mkdir(bytes.subarray(0, -'.csv'.length))
      await assert.rejects(found(`${folder}/${pattern}`), {
        code: 'SOURCE_PATH_REFUSED',
        message: /not UTF-8/,
      })
    }
  })

  it('that only mark a folder are passed over by a pattern, but not when they are named', async () => {
    await write('spark/_SUCCESS', '{}')
    await write('spark/_started', '')
    await write('spark/_rows.csv')
    await write('spark/.part.csv.crc')
    await write('spark/_temporary/0/part.csv')
    await write('spark/_delta_log/1.csv')
    await write('spark/.hidden/part.csv')
    await write('spark/part.csv')
    await write('spark/empty.csv', '')
    assert.deepEqual(await found('spark/**'), [
      'spark/_rows.csv',
      'spark/empty.csv',
      'spark/part.csv',
    ])
    assert.deepEqual(await found('spark/_SUCCESS', 'spark/_delta_log/*'), [
      'spark/_SUCCESS',
      'spark/_delta_log/1.csv',
    ])
  })

  it('that are not there are missing', async () => {
    for (const path of ['none.csv', 'none/a.csv']) {
      await assert.rejects(found(path), { code: 'FILE_MISSING', retryable: false })
    }
  })

  it('outside of the directories are refused, wherever a link leads', async () => {
    await mkdir(join(top, 'in2'))
    await writeFile(join(top, 'secret.csv'), row)
    await writeFile(join(top, 'in2', 'secret.csv'), row)
    await mkdir(at('links'), { recursive: true })
    await symlink(join(top, 'secret.csv'), at('links/file.csv'))
    await symlink(top, at('links/folder'))
    const refused = { code: 'SOURCE_PATH_REFUSED', message: /leads out of the directories/ }
    for (const path of [
      '../secret.csv',
      '../in2/secret.csv',
      '../none.csv',
      '../*.csv',
      '/etc/passwd',
      'links/file.csv',
      'links/*.csv',
      'links/folder/secret.csv',
      'links/folder/*.csv',
      'links/**',
    ]) {
      const paths = path.startsWith('/') ? [path] : [`${join(top, 'in')}/${path}`]
      await assert.rejects(places(source, files(paths)), refused, path)
    }
    const item = { place: at('links/file.csv'), version: '', sizeBytes: null }
    await assert.rejects(source.open({ ...requestOf(files([])), item }), refused)
  })

  it('of the project itself are refused, and passed over by patterns', async () => {
    await write('project/.state/secrets.json')
    await write('project/state/secrets.json')
    await write('project/data/a.json')
    await symlink('../.state/secrets.json', at('project/data/link.json'))
    for (const name of ['.state', 'state']) {
      const own = openFiles({
        directories: [top],
        stateDirectory: relative('.', at(`project/${name}`)),
      })
      const placesOf = (path: string) => places(own, files(at(path)))
      const other = at(
        name === 'state' ? 'project/.state/secrets.json' : 'project/state/secrets.json',
      )
      assert.deepEqual(await placesOf('project/*/se*.json'), name === 'state' ? [] : [other])
      assert.deepEqual(await placesOf('project/.*/*'), name === 'state' ? [other] : [])
      assert.deepEqual(await placesOf('project/**/a.json'), [at('project/data/a.json')])
      const paths = [`project/${name}/secrets.json`, `project/data/../${name}/*.json`]
      if (name === '.state') paths.push('project/data/link.json', 'project/data/*.json')
      for (const path of paths) {
        await assert.rejects(
          placesOf(path),
          { code: 'SOURCE_PATH_REFUSED', message: /state/ },
          path,
        )
      }
      const item = { place: at(`project/${name}/secrets.json`), version: '', sizeBytes: null }
      await assert.rejects(own.open({ ...requestOf(files([])), item }), {
        code: 'SOURCE_PATH_REFUSED',
      })
      own.close()
    }
    const inside = openFiles({
      directories: [at('project/state/in')],
      stateDirectory: at('project/state'),
    })
    await write('project/state/in/a.json')
    assert.deepEqual(await places(inside, files(at('project/state/in/**'))), [
      at('project/state/in/a.json'),
    ])
    await assert.rejects(places(inside, files(at('project/state/secrets.json'))), {
      code: 'SOURCE_PATH_REFUSED',
    })
    inside.close()
    const nothingElse = openFiles({
      directories: [at('project/state')],
      stateDirectory: at('project/state'),
    })
    await assert.rejects(places(nothingElse, files(at('project/state/in/**'))), {
      code: 'SOURCE_PATH_REFUSED',
      message: /state/,
    })
    nothingElse.close()
  })

  it('behind links that stay within are read once, and a circle ends', async () => {
    await write('circle/a/1.csv')
    await symlink('..', at('circle/a/up'))
    await symlink('1.csv', at('circle/a/2.csv'))
    await symlink('none', at('circle/broken'))
    await symlink('itself', at('circle/itself'))
    assert.deepEqual(await found('circle/**/*.csv'), ['circle/a/1.csv'])
    await assert.rejects(found('circle/brok*'), { code: 'FILE_MISSING', retryable: true })
    await assert.rejects(found('circle/its*'), { code: 'SOURCE_PATH_REFUSED' })
  })

  it('that are none are refused, without waiting for them', async () => {
    await mkdir(at('odds/folder'), { recursive: true })
    execFileSync(makePipe, [at('odds/pipe')])
    const server = createServer().listen(at('odds/socket'))
    await once(server, 'listening')
    for (const name of ['folder', 'pipe', 'socket', 'pi*']) {
      await assert.rejects(found(`odds/${name}`), { code: 'SOURCE_PATH_REFUSED' }, name)
    }
    const item = { place: at('odds/pipe'), version: '', sizeBytes: null }
    await assert.rejects(source.open({ ...requestOf(files([])), item }), {
      code: 'SOURCE_PATH_REFUSED',
    })
    assert.deepEqual(await found('odds/fold*'), [])
    server.close()
  })

  it('are read from anywhere', async () => {
    const text = 'x'.repeat(600_000) + row
    const source1 = files(await write('long.ndjson', text))
    assert.equal(await readOnly(source, source1), text)
    assert.equal(await readOnly(source, source1, { fromBytes: 600_000 }), row)
    assert.equal(await readOnly(source, source1, { fromBytes: text.length }), '')
    const { opened, stream, item } = await openOnly(source, source1)
    assert.equal(stream.isSeekable, true)
    assert.equal(opened.version, item.version)
    assert.equal(item.sizeBytes, text.length)
    await opened.close()
    assert.equal(await readOnly(source, files(await write('empty.ndjson', ''))), '')
  })

  it('have another version when they are written anew, and after nothing else', async () => {
    const path = await write('version.csv')
    const version = async () => (await listFiles(source, files(path)))[0]?.version
    const first = await version()
    assert.equal(await version(), first)
    await utimes(path, new Date(0), new Date(0))
    const second = await version()
    await writeFile(`${path}.new`, row)
    await utimes(`${path}.new`, new Date(0), new Date(0))
    await rename(`${path}.new`, path)
    const third = await version()
    assert.equal(new Set([first, second, third]).size, 3)
  })

  it('that are changed while they are read fail the attempt', async () => {
    const text = 'x'.repeat(600_000)
    for (const change of [
      (path: string) => appendFile(path, row),
      (path: string) => writeFile(path, row),
      (path: string) => writeFile(path, 'y'.repeat(600_000)),
    ]) {
      const path = await write('changing.csv', text)
      await utimes(path, new Date(0), new Date(0))
      const { opened, stream } = await openOnly(source, files(path))
      const bytes = stream.read(0)[Symbol.asyncIterator]()
      await bytes.next()
      await change(path)
      await assert.rejects(
        async () => {
          while ((await bytes.next()).done !== true);
        },
        { code: 'SOURCE_CHANGED', retryable: true },
      )
      await opened.close()
    }
  })

  it('that are replaced while they are read are read to the end of what was opened', async () => {
    const path = await write('replaced.csv', 'old')
    const { opened, stream } = await openOnly(source, files(path))
    await writeFile(`${path}.new`, 'new')
    await rename(`${path}.new`, path)
    assert.equal(Buffer.concat(await Array.fromAsync(stream.read(0))).toString(), 'old')
    await opened.close()
  })

  it('are let go of when the attempt is cancelled', async () => {
    const path = await write('cancelled.csv', 'x'.repeat(600_000))
    const cancel = new AbortController()
    const { opened, stream } = await openOnly(source, files(path), { signal: cancel.signal })
    const bytes = stream.read(0)[Symbol.asyncIterator]()
    await bytes.next()
    const openBefore = (await readdir('/proc/self/fd')).length
    cancel.abort(new Error('cancelled'))
    await assert.rejects(async () => bytes.next(), /cancelled/)
    await eventually('the file to be closed', async () => {
      const openNow = (await readdir('/proc/self/fd')).length
      return openNow < openBefore ? true : undefined
    })
    await opened.close()
    const late = places(source, files(at('list/**')), { signal: cancel.signal })
    await assert.rejects(late, /cancelled/)
  })
})
