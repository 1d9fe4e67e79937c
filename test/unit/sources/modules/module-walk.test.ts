import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { PipelineError, type PageWalk } from '../../../../activities/index.ts'
import { createModuleSource } from '../../../../src/sources/modules/module-source.ts'
import type { SourceModule } from '../../../../src/sources/modules/source-module.ts'
import { eventually } from '../../../support/eventually.ts'

const slice = {
  partition: '2001-01',
  interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
}

/** What modules under test say of themselves. */
declare global {
  var moduleCalls: string[]
}

/** A module as users write them: it must agree with the types that they are given. */
const counting: SourceModule = async function* ({ cursor, slice: { partition } }) {
  for (let page = Number(cursor ?? 0); page < 3; page += 1) {
    const next = page === 2 ? undefined : String(page + 1)
    yield { records: [{ page, partition }], next }
  }
}

const modules = {
  'pages.ts': `import type { Nothing } from './nothing.ts'
    export default async function* ({ cursor, options, slice, signal }: { cursor?: string; options: any; slice: any; signal: AbortSignal }) {
      globalThis.moduleCalls.push('called at ' + cursor)
      try {
        let at: number = Number(cursor ?? 0)
        for (; at < 4; at += 1) {
          const record = { at, token: options.token.length, until: slice.interval.end }
          if (at === 3) yield { body: JSON.stringify(record) }
          else yield { records: [record], next: String(at + 1) }
        }
      } finally {
        globalThis.moduleCalls.push('ended, ' + (signal.aborted ? 'told to' : 'by itself'))
      }
    }`,
  'same.mjs': `export default ${counting.toString()}`,
  'ends.js': `export default async function* ({ cursor }) { if (cursor === undefined) yield { records: [], next: 'é \\n%' } }`,
  'on.mts': `export default async function* () { yield { records: [] }; yield { records: [{}] } }`,
  'throws.ts': `export default async function* ({ cursor }) {
      if (cursor === 'once') throw Object.assign(new TypeError('a datum'), { retryable: false })
      yield { records: [{}], next: 'x' }
      throw new Error('a datum', { cause: Object.assign(new Error('a datum'), { code: 'ECONNREFUSED' }) })
    }`,
  'hangs.ts': `export default async function* ({ signal }) {
      try { yield { records: [], next: 'a' }; await new Promise(() => setInterval(() => {}, 1000).unref()) }
      finally { globalThis.moduleCalls.push('never') }
    }`,
  'waits.ts': `export default async function* ({ signal }) {
      globalThis.moduleCalls.push('waits')
      try { await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) }
      finally { globalThis.moduleCalls.push('cleaned up') }
    }`,
  'yields.ts': `export default async function* ({ options }) {
      yield new Function('return ' + options.what)()
    }`,
  'bytes.ts': `export default async function* () {
      const bytes = Buffer.from('{"a":1}\\n')
      yield { body: bytes, next: 'b' }
      bytes.fill('x')
      yield { body: '{"a":"' + String.fromCharCode(0xdfff) + '"}' }
    }`,
  'stumbles.ts': `let count = 0
    export default async function* ({ cursor }) {
      if (cursor === undefined) yield { records: [[0]], next: '1' }
      yield { records: [count++ === 0 ? new Map() : [1]], next: '2' }
      yield { records: [[2]] }
    }`,
  'handmade.ts': `export default () => ({
      next: async () => ({ done: false, value: { records: [], next: 'a' } }),
      return() { throw new Error('a datum') },
      [Symbol.asyncIterator]() { return this },
    })`,
  'stuck.ts': `await new Promise(() => setInterval(() => {}, 1000).unref())`,
  'plain.ts': `export default () => [1]`,
  'async.ts': `export default async () => { throw new Error('a datum') }`,
  'sync.ts': `export default function* () { yield { records: [] } }`,
  'nothing.ts': `export const pages = 1`,
  'broken.ts': `export default async function* ( {`,
  'enum.ts': `enum A { B }\nexport default A`,
  'top.ts': `throw new RangeError('a datum')`,
  'lonely.ts': `import './missing.ts'`,
  'text.txt': '',
}

describe('a source that is a module', () => {
  let folder: string
  let outside: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-modules-'))
    outside = await mkdtemp(join(tmpdir(), 'claimcheck-elsewhere-'))
    for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text)
    await mkdir(join(folder, 'deep.ts'))
    await mkdir(join(folder, 'deep'))
    await writeFile(join(folder, 'deep', 'pages.ts'), modules['same.mjs'])
    await writeFile(join(outside, 'outside.ts'), modules['same.mjs'])
    await symlink(join(outside, 'outside.ts'), join(folder, 'linked.ts'))
    await symlink(outside, join(folder, 'away'))
    await symlink(join(folder, 'same.mjs'), join(folder, 'inside.mjs'))
  })
  after(async () => {
    await rm(folder, { recursive: true })
    await rm(outside, { recursive: true })
  })

  const environment = {
    TOKEN: 'abcdef-secret',
    SHORT: 'x1',
    ADDRESS: 'postgres://u:p%40ss-word@h/d',
    API: 'https://api.test/v1/hidden-path',
    HOST: 'https://api.test',
  }

  interface Wanted {
    readonly options?: Readonly<Record<string, string>>
    readonly maxBytes?: number
    readonly signal?: AbortSignal
  }

  function walk(path: string, { options = {}, maxBytes = 1000, signal }: Wanted = {}): PageWalk {
    const directories = [join(folder, 'not there'), folder, outside]
    return createModuleSource({ environment, directories }).openWalk({
      source: { kind: 'module', path, options, format: 'ndjson', records: [] },
      slice,
      maxBytes,
      signal: signal ?? new AbortController().signal,
    })
  }

  async function failure(work: Promise<unknown>): Promise<PipelineError> {
    try {
      await work
    } catch (error) {
      assert.ok(error instanceof PipelineError, String(error))
      assert.doesNotMatch(error.message, /datum|abcdef|p@ss|p%40/)
      return error
    }
    throw new Error('nothing failed')
  }

  it('is one generator, as long as each page is asked for with what the one before named', async () => {
    globalThis.moduleCalls = []
    const pages = walk('pages.ts', { options: { token: '${TOKEN}' } })
    const bodies: string[] = []
    let cursor: string | undefined
    do {
      const page = await pages.page(cursor)
      assert.deepEqual(page.answer, { module: 'pages.ts' })
      bodies.push(page.body.toString())
      cursor = page.nextLink
    } while (cursor !== undefined)
    const line = (at: number) => `{"at":${at},"token":13,"until":"2001-02-01T00:00:00Z"}`
    assert.deepEqual(bodies, [`${line(0)}\n`, `${line(1)}\n`, `${line(2)}\n`, line(3)])
    assert.deepEqual(globalThis.moduleCalls, ['called at undefined', 'ended, by itself'])
    await pages.close()
  })

  it('is begun again at any other cursor, and told that nobody waits any more', async () => {
    globalThis.moduleCalls = []
    const pages = walk('pages.ts', { options: { token: '${TOKEN}' } })
    assert.equal((await pages.page('2')).nextLink, '3')
    assert.equal((await pages.page('1')).nextLink, '2')
    await pages.close()
    await pages.close()
    assert.deepEqual(globalThis.moduleCalls, [
      'called at 2',
      'ended, told to',
      'called at 1',
      'ended, told to',
    ])
  })

  it('ends with its generator, and keeps a cursor as it was named', async () => {
    const pages = walk('ends.js')
    const first = await pages.page(undefined)
    assert.equal(first.nextLink, '%C3%A9%20%0A%25')
    for (const ended of [await pages.page(first.nextLink), await walk('ends.js').page('%C3%A9')]) {
      assert.deepEqual([ended.nextLink, ended.body.length], [undefined, 0])
    }
    for (const path of ['same.mjs', 'inside.mjs', 'deep/pages.ts']) {
      const page = await walk(path).page('2')
      assert.equal(page.body.toString(), '{"page":2,"partition":"2001-01"}\n')
      assert.equal(page.nextLink, undefined)
    }
  })

  it('keeps the bytes of a body, whatever the module does with them later', async () => {
    const pages = walk('bytes.ts')
    const { body, nextLink } = await pages.page(undefined)
    assert.equal((await pages.page(nextLink)).body.toString(), '{"a":"\\udfff"}')
    assert.equal(body.toString(), '{"a":1}\n')
  })

  const invalid: readonly (readonly [string, RegExp])[] = [
    ['../x.ts', /must stay within/],
    ['deep/../../x.ts', /must stay within/],
    ['/etc/passwd.ts', /must stay within/],
    ['text.txt', /must end in/],
    ['missing.ts', /in none of the directories/],
    ['deep.ts', /in none of the directories/],
    ['linked.ts', /leads out of/],
    ['away/outside.ts', /leads out of/],
    ['nothing.ts', /no async generator/],
    ['plain.ts', /no async generator/],
    ['sync.ts', /no async generator/],
    ['async.ts', /no async generator/],
    ['broken.ts', /cannot be loaded: SyntaxError/],
    ['enum.ts', /cannot be loaded: SyntaxError \(ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX\)/],
    ['top.ts', /cannot be loaded: RangeError/],
    ['lonely.ts', /cannot be loaded: Error \(ERR_MODULE_NOT_FOUND\)/],
  ]
  for (const [path, message] of invalid) {
    it(`is refused: ${path}`, async () => {
      const error = await failure(walk(path).page(undefined))
      assert.deepEqual([error.code, error.retryable], ['MODULE_INVALID', false])
      assert.match(error.message, message)
    })
  }

  const yields: readonly (readonly [string, string, RegExp])[] = [
    ['5', 'MODULE_FAILED', /no page/],
    ['{}', 'MODULE_FAILED', /no page/],
    ['{ records: [], body: "" }', 'MODULE_FAILED', /no page/],
    ['{ records: {} }', 'MODULE_FAILED', /no page/],
    ['{ records: [], cursor: "a" }', 'MODULE_FAILED', /no page/],
    ['{ get records() { throw new TypeError("a datum") } }', 'MODULE_FAILED', /thrown TypeError/],
    ['{ records: [{}, { a: new Map() }] }', 'MODULE_FAILED', /record 1 cannot be written.*a Map/],
    ['{ records: [], next: 5 }', 'MODULE_FAILED', /no text/],
    ['{ records: [], next: "" }', 'MODULE_FAILED', /no text/],
    ['{ records: [], next: "\\ud800" }', 'MODULE_FAILED', /no text/],
    ['{ records: [], next: "a".repeat(1501) }', 'NEXT_LINK_REFUSED', /longer than 1500/],
    ['{ records: [], next: "é".repeat(251) }', 'NEXT_LINK_REFUSED', /longer than 1500/],
    ['{ records: [], next: "?t=abcdef-secret&p=2" }', 'NEXT_LINK_REFUSED', /\$\{TOKEN\}/],
    ['{ records: [], next: "as p@ss-word" }', 'NEXT_LINK_REFUSED', /\$\{ADDRESS\}/],
    ['{ records: [], next: "x1" }', 'NEXT_LINK_REFUSED', /\$\{SHORT\}/],
    ['{ records: [], next: "?k=%7e%&t=abcdef%2Dsecret" }', 'NEXT_LINK_REFUSED', /\$\{TOKEN\}/],
    ['{ records: [], next: "/v1/hidden-path?p=2" }', 'NEXT_LINK_REFUSED', /\$\{API\}/],
    ['{ records: [{ a: "a".repeat(1000) }] }', 'PAGE_TOO_LARGE', /1000 bytes/],
    ['{ body: "a".repeat(1001) }', 'PAGE_TOO_LARGE', /1000 bytes/],
  ]
  for (const [what, code, message] of yields) {
    it(`fails where it yields ${what}`, async () => {
      const options = { what, token: '${TOKEN}', a: '${SHORT}${ADDRESS}', b: '${API}${HOST}' }
      const error = await failure(walk('yields.ts', { options }).page(undefined))
      assert.equal(error.code, code)
      assert.match(error.message, message)
    })
  }

  it('may yield what only looks like a secret, and a page as large as allowed', async () => {
    for (const next of ['x12', 'https://api.test/v1/rows?page=2']) {
      const what = `{ body: "a".repeat(1000), next: "${next}" }`
      const options = { what, a: '${SHORT}', b: '${HOST}' }
      assert.equal((await walk('yields.ts', { options }).page(undefined)).nextLink, next)
    }
  })

  it('does not skip a page that it has failed at', async () => {
    const pages = walk('stumbles.ts')
    const { nextLink } = await pages.page(undefined)
    await failure(pages.page(nextLink))
    assert.equal((await pages.page(nextLink)).body.toString(), '[1]\n')
    await pages.close()
  })

  it('is let go of though it fails at that', async () => {
    const pages = walk('handmade.ts')
    await pages.page(undefined)
    await pages.close()
  })

  it('fails where it goes on after its last page: rows would be missed', async () => {
    const { code, message } = await failure(walk('on.mts').page(undefined))
    assert.equal(code, 'MODULE_FAILED')
    assert.match(message, /goes on after a page without `next`/)
  })

  it('fails as it has thrown: with class and code of the error, and none of its words', async () => {
    const pages = walk('throws.ts')
    await pages.page(undefined)
    const first = await failure(pages.page('x'))
    assert.deepEqual([first.code, first.retryable], ['MODULE_FAILED', true])
    assert.match(first.message, /has thrown Error \(ECONNREFUSED\)/)
    assert.ok(first.cause instanceof Error)
    const final = await failure(walk('throws.ts').page('once'))
    assert.deepEqual([final.code, final.retryable], ['MODULE_FAILED', false])
    assert.match(final.message, /has thrown TypeError/)
    assert.equal((await pages.page(undefined)).nextLink, 'x', 'a new generator')
    const missing = await failure(
      walk('pages.ts', { options: { a: '${NOT_SET}' } }).page(undefined),
    )
    assert.equal(missing.code, 'SOURCE_SETTING_MISSING')
  })

  it('obeys the signal though it hangs', async () => {
    globalThis.moduleCalls = []
    const abort = new AbortController()
    const pages = walk('hangs.ts', { signal: abort.signal })
    await pages.page(undefined)
    const hanging = pages.page('a')
    const reason = new Error('cancelled')
    abort.abort(reason)
    await assert.rejects(hanging, reason)
    await assert.rejects(pages.page(undefined), reason)
    await pages.close()
    assert.deepEqual(globalThis.moduleCalls, [])

    const early = new AbortController()
    const loading = walk('stuck.ts', { signal: early.signal }).page(undefined)
    early.abort(reason)
    await assert.rejects(loading, reason)

    const other = new AbortController()
    const waits = walk('waits.ts', { signal: other.signal })
    const waiting = waits.page(undefined)
    await eventually('the generator', async () => globalThis.moduleCalls[0])
    other.abort(reason)
    await assert.rejects(waiting, reason)
    await waits.close()
    assert.deepEqual(globalThis.moduleCalls, ['waits', 'cleaned up'])
  })
})
