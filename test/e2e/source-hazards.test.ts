import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { loadFailure } from '../../src/client/load-failure.ts'
import {
  answer,
  openHostileSource,
  redirect,
  type HostileRequest,
  type HostileRoute,
  type HostileSource,
} from '../support/hostile-source.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { basicAuthorization } from '../../src/sources/source-headers.ts'

const partition = '2001-01-01'
const secrets = {
  TOKEN: 'sesame-token-7c1d',
  PASSWORD: 'sesame-password-9b2e',
  KEY: 'sesame-key-3f8a',
  CLIENT_SECRET: 'sesame-client-5e6b',
}
const issued = 'sesame-issued-1a4c'

interface Row {
  readonly id: number
  readonly name: string
}

const rows = (first: number, count = 3): Row[] =>
  Array.from({ length: count }, (_, index) => ({ id: first + index, name: `row ${first + index}` }))
const lines = (all: readonly Row[]): string => all.map((row) => `${JSON.stringify(row)}\n`).join('')
const ndjson = (body: string | Buffer, headers = {}): HostileRoute =>
  answer({ headers: { 'Content-Type': 'application/x-ndjson', ...headers }, body })
const zipped = (body: Buffer): HostileRoute => ndjson(body, { 'Content-Encoding': 'gzip' })

/** What a page is asked for with. */
const asked = ({ target }: HostileRequest, parameter: string): string =>
  new URL(target, 'http://source.invalid').searchParams.get(parameter) ?? ''

const whole = gzipSync(lines(rows(4)))
const withByte = (at: number): Buffer => {
  const packed = Buffer.from(whole)
  packed.writeUInt8((packed.at(at) ?? 0) ^ 1, packed.length + at)
  return packed
}
/** gzip of three rows that is none, as it was written. */
const damaged = {
  'that is cut off': whole.subarray(0, whole.length >> 1),
  'without its end': whole.subarray(0, -8),
  'that ends too soon': whole.subarray(0, -3),
  'of another checksum': withByte(-8),
  'of another length': withByte(-4),
  'with something behind it': Buffer.concat([whole, Buffer.from('garbage')]),
  'whose second member is cut off': Buffer.concat([whole, whole.subarray(0, -10)]),
} as const

// At the same time: each mostly waits.
describe('a source that goes round, is damaged or leads away', { concurrency: 8 }, () => {
  let bed: LoadBed
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-hazards-'))
    bed = await openLoadBed(secrets)
    await bed.startWorker({
      // Without a list no redirect would get as far as here.
      CLAIMCHECK_SOURCE_HOSTS: '127.0.0.1, localhost',
      CLAIMCHECK_SOURCE_DIRECTORIES: folder,
    })
  })
  after(async () => {
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })

  interface Hazard {
    readonly source: Readonly<Record<string, unknown>>
    readonly limits?: Readonly<Record<string, unknown>>
  }

  /** A pipeline into a table that has a row, which no load may touch that fails. */
  async function hazard({ source, limits = {} }: Hazard) {
    const name = uniqueName('hazard')
    const table = tableOf(name)
    await bed.database.query(
      `CREATE TABLE ${table} (id bigint PRIMARY KEY, name text); INSERT INTO ${table} VALUES (0, 'before')`,
    )
    await writePipeline(bed.pipelines, name, {
      name,
      source: { format: 'ndjson', ...source },
      columns: { id: { type: 'bigint', key: true }, name: 'text' },
      limits: { attempts: 1, ...limits },
      target: { kind: 'postgres', table, mode: 'merge' },
    })
    const contents = () =>
      bed.database.query(`SELECT xmin::text, ctid::text, id, name FROM ${table}`)
    const landed = async () => {
      const objects = await Array.fromAsync(bed.store.list(`landing/${name}/`))
      return objects.filter(({ key }) => key.endsWith('.zst')).length
    }
    return {
      landed,
      async loads(expected: readonly Row[]) {
        const { pagesFound } = await (await bed.start(name, partition)).result()
        const found = await bed.database.query(
          `SELECT id::int, name FROM ${table} WHERE id > 0 ORDER BY id`,
        )
        assert.deepEqual(found, expected)
        return { pagesFound }
      },
      /** @param pages How many are landed then, and stay so for the next load. */
      async fails(code: string, pages: number) {
        const earlier = await contents()
        const run = await bed.start(name, partition)
        const failure = await run.result().then(
          () => undefined,
          (error: unknown) => loadFailure(error, run.workflowId),
        )
        assert.equal(failure?.code, code, failure?.message)
        assert.deepEqual(await contents(), earlier, 'the table is as it was')
        assert.equal(await landed(), pages, 'pages that are landed')
        return failure?.message ?? ''
      },
    }
  }

  interface Walk {
    /** What it does. */
    readonly it: string
    readonly kind: 'cursor' | 'link-header'
    /** What a page holds, and what the next is asked for with. */
    readonly page: (cursor: string, count: number) => readonly [readonly Row[], string | null]
    /** What it ends with: an error, and how many pages are landed by then; or rows. */
    readonly end: readonly [code: string, pages: number] | readonly Row[]
    readonly limits?: Readonly<Record<string, unknown>>
  }
  const circle: Readonly<Record<string, string>> = { '': 'A', A: 'B', B: 'A' }
  const walks: readonly Walk[] = [
    {
      it: 'gives the cursor that it was asked with',
      kind: 'cursor',
      page: () => [rows(1), 'SAME'],
      end: ['CURSOR_REPEATED', 2],
    },
    {
      it: 'gives a cursor of before',
      kind: 'cursor',
      page: (cursor) => [rows(1), circle[cursor] ?? null],
      end: ['CURSOR_REPEATED', 4],
    },
    {
      it: 'has another cursor and the same records each time',
      kind: 'cursor',
      page: (_, count) => [rows(1), `c${count}`],
      end: ['PAGE_REPEATED', 5],
      // A batch a page: what is known of earlier ones goes through the history.
      limits: { batch_bytes: 1 },
    },
    {
      it: 'has another cursor each time, and two pages by turns',
      kind: 'cursor',
      page: (_, count) => [rows(1 + (count % 2)), `c${count}`],
      end: ['PAGE_REPEATED', 6],
    },
    {
      it: 'has an empty page that leads to itself',
      kind: 'cursor',
      page: (cursor) => [cursor === 'END' ? [] : rows(1), 'END'],
      end: rows(1),
    },
    {
      it: 'has empty pages between others, and an empty text at the end',
      kind: 'cursor',
      page: (_, count) => [count % 4 === 1 ? rows(count) : [], count > 12 ? '' : `c${count}`],
      end: [1, 5, 9, 13].flatMap((first) => rows(first)),
    },
    {
      it: 'links to the page at hand',
      kind: 'link-header',
      page: (_, count) => [rows(count), 'SAME'],
      end: ['CURSOR_REPEATED', 2],
    },
    {
      it: 'links to a page of before',
      kind: 'link-header',
      page: (cursor, count) => [rows(count), circle[cursor] ?? null],
      end: ['CURSOR_REPEATED', 4],
    },
    {
      it: 'has another link and the same page each time',
      kind: 'link-header',
      page: (_, count) => [rows(1), `c${count}`],
      end: ['PAGE_REPEATED', 1],
    },
    {
      it: 'has an empty page that is linked to itself',
      kind: 'link-header',
      page: (cursor) => [cursor === 'END' ? [] : rows(1), 'END'],
      end: rows(1),
    },
  ]
  for (const { it: what, kind, page, end, limits = {} } of walks) {
    it(`${what} (${kind})`, async () => {
      await using source = await openSource({
        '/rows': (socket, request) => {
          const [data, next] = page(asked(request, 'cursor'), request.count)
          const link = `</rows?cursor=${next}>; rel="next"`
          const body = kind === 'cursor' ? { data, next } : data
          const headers = kind === 'cursor' ? {} : { Link: link }
          answer({ headers, body: JSON.stringify(body) })(socket, request)
        },
      })
      const next = kind === 'cursor' ? { kind, path: '$.next' } : kind
      const format = { format: 'json', records: kind === 'cursor' ? '$.data' : '$' }
      const load = await hazard({
        source: { kind: 'http', url: `${source.url}/rows`, next, ...format },
        limits: { max_pages: 20, ...limits },
      })
      const [first, pages] = end
      if (typeof first !== 'string') await load.loads(end as readonly Row[])
      else await load.fails(first, Number(pages))
      assert.ok(source.requests.length <= 13, `${source.requests.length} requests`)
    })
  }

  const nothing = answer({ headers: { 'Content-Encoding': 'gzip' } })
  const { 'that is cut off': half, 'without its end': open, 'that ends too soon': short } = damaged
  /** What is sent at each try, and what the last one is told as. */
  const damages: readonly (readonly [readonly HostileRoute[], string, RegExp])[] = [
    [
      [half, open, short, damaged['of another checksum']].map(zipped),
      'SOURCE_UNREACHABLE',
      /gzip body was cut off or is damaged/,
    ],
    [
      [
        damaged['of another length'],
        damaged['with something behind it'],
        damaged['whose second member is cut off'],
        Buffer.from(lines(rows(4))),
      ].map(zipped),
      'SOURCE_MALFORMED',
      /declared to be gzip, and is not/,
    ],
    [[nothing], 'SOURCE_MALFORMED', /it is empty/],
  ]
  /** By their numbers: packed in every way that is right. */
  const pages: Readonly<Record<string, HostileRoute>> = {
    1: zipped(gzipSync(lines(rows(1)))),
    2: zipped(whole),
    3: zipped(Buffer.concat([gzipSync(lines(rows(7, 1))), gzipSync(lines(rows(8, 2)))])),
    // The file itself, be it sent as gzip or not.
    4: ndjson(Buffer.concat([gzipSync(lines(rows(10))), Buffer.alloc(512)])),
    5: zipped(gzipSync(gzipSync(lines(rows(13))))),
    6: ndjson(lines(rows(16))),
    7: zipped(gzipSync('')),
  }
  for (const [tries, code, message] of damages) {
    it(`of whose second page no try is whole is asked for that one again (${message})`, async () => {
      let tried = 0
      await using source = await openSource({
        '/rows': (socket, request) => {
          const page = asked(request, 'page')
          const route = (page === '2' ? tries[tried++] : undefined) ?? pages[page]
          route?.(socket, request)
        },
      })
      const url = `${source.url}/rows`
      const load = await hazard({ source: { kind: 'http', url, next: 'page' } })
      assert.match(await load.fails(code, 1), message)
      assert.equal(tried, tries.length)
      const { pagesFound } = await load.loads(rows(1, 18))
      assert.equal(pagesFound, 1)
    })
  }

  it('whose file is damaged gzip loads nothing of it, and what is whole', async () => {
    const path = join(folder, 'rows.ndjson.gz')
    const load = await hazard({ source: { kind: 'file', path } })
    for (const what of [
      'without its end',
      'of another checksum',
      'with something behind it',
    ] as const) {
      await writeFile(path, damaged[what])
      const failure = await load.fails('SOURCE_MALFORMED', 0)
      assert.match(failure, /cut off or damaged|has something else behind/, what)
    }
    const members = [gzipSync(lines(rows(1, 2))), gzipSync(''), gzipSync(lines(rows(3, 1)))]
    await writeFile(path, Buffer.concat([...members, Buffer.alloc(512)]))
    await load.loads(rows(1))
    await writeFile(path, lines(rows(1, 4)))
    await load.loads(rows(1, 4))
  })

  const basic = basicAuthorization('loader', secrets.PASSWORD)
  /** How a source is told who asks, and what it is sent for that. */
  const identities: readonly (readonly [string, object, string])[] = [
    ['bearer', { kind: 'bearer', token: '${TOKEN}' }, `Bearer ${secrets.TOKEN}`],
    ['basic', { kind: 'basic', user: 'loader', password: '${PASSWORD}' }, basic],
    ['header', { kind: 'header', name: 'X-Api-Key', value: '${KEY}' }, secrets.KEY],
    [
      'oauth2',
      { kind: 'oauth2', client_id: 'loader', client_secret: '${CLIENT_SECRET}' },
      `Bearer ${issued}`,
    ],
  ]
  const told = [
    ...Object.values(secrets),
    issued,
    Buffer.from(`loader:${secrets.PASSWORD}`).toString('base64'),
  ]
  const hasSecret = (text: string): boolean => told.some((secret) => text.includes(secret))
  const isTold = ({ headers }: HostileRequest, identity: string): boolean =>
    headers['authorization'] === identity || headers['x-api-key'] === identity

  for (const by of ['http', 'file'] as const) {
    // A file is asked for in the same way.
    for (const [kind, auth, identity] of by === 'http' ? identities : identities.slice(-1)) {
      it(`is followed with ${kind} as far as its origin goes (${by})`, async () => {
        await using far = await openSource({
          '/hop': (...args) => redirect(`${source.url}/rows`)(...args),
        })
        await using other = await openSource({
          '/hop': redirect(`http://localhost:${far.port}/hop`),
        })
        await using source = await openSource({
          '/token': answer({ body: JSON.stringify({ access_token: issued }) }),
          '/in': redirect('/in/side'),
          '/in/side': redirect(`${other.url}/hop`),
          '/rows': ndjson(lines(rows(1))),
        })
        const token = kind === 'oauth2' ? { token_url: `${source.url}/token` } : {}
        const common = { auth: { ...auth, ...token }, headers: { 'X-Trace': '${KEY}' } }
        const load = await hazard({
          source:
            by === 'file'
              ? { kind: 'file', path: `${source.url}/in`, ...common }
              : { kind: 'http', url: `${source.url}/in`, ...common },
        })
        await load.loads(rows(1))
        const inside = source.requests.filter(({ target }) => target.startsWith('/in'))
        assert.deepEqual(
          inside.map((request) => [request.target, isTold(request, identity)]),
          [
            ['/in', true],
            ['/in/side', true],
          ],
        )
        const outside = [...other.requests, ...far.requests, ...source.requests.slice(-1)]
        assert.equal(outside.length, 3)
        assert.ok(!hasSecret(JSON.stringify(outside)), 'nothing of it goes further, nor comes back')
      })
    }
  }

  it('that leads to another scheme is told nothing there', async () => {
    const heard: Buffer[] = []
    const listener = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (bytes) => {
        heard.push(bytes)
        socket.destroy()
      })
    })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    try {
      const address = listener.address()
      const port = typeof address === 'object' ? address?.port : undefined
      await using source = await openSource({
        '/https': redirect(`https://127.0.0.1:${port}/rows`),
        '/ftp': redirect(`ftp://127.0.0.1:${port}/rows`),
        '/token': answer({
          status: '307 Temporary Redirect',
          headers: { Location: `http://127.0.0.1:${port}/token` },
        }),
      })
      const refusals = [
        ['/https', 'SOURCE_UNREACHABLE', { kind: 'bearer', token: '${TOKEN}' }],
        ['/ftp', 'SOURCE_REFUSED', { kind: 'bearer', token: '${TOKEN}' }],
        // Nor does a token server lead elsewhere with the client's secret.
        [
          '/rows',
          'SOURCE_REFUSED',
          {
            kind: 'oauth2',
            token_url: `${source.url}/token`,
            client_id: 'loader',
            client_secret: '${CLIENT_SECRET}',
          },
        ],
      ] as const
      for (const [path, code, auth] of refusals) {
        const load = await hazard({ source: { kind: 'http', url: source.url + path, auth } })
        assert.ok(!hasSecret(await load.fails(code, 0)), path)
      }
      assert.ok(heard.length > 0, 'who listens was asked')
      assert.ok(!heard.some((bytes) => hasSecret(bytes.toString('latin1'))))
    } finally {
      listener.close()
      await once(listener, 'close')
    }
  })
})

async function openSource(
  routes: Readonly<Record<string, HostileRoute>>,
): Promise<HostileSource & AsyncDisposable> {
  const source = await openHostileSource(routes)
  return { ...source, [Symbol.asyncDispose]: () => source.close() }
}
