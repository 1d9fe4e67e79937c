import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import type { LoadResult } from '../../workflows/index.ts'
import { answer, openHostileSource, raw } from '../support/hostile-source.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { runSummary } from '../support/run-summary.ts'
import evilNames from '../fixtures/evil_identifiers.json' with { type: 'json' }
import { openTcpProxy, type TcpProxy } from '../targets/support/random-tcp-proxy.ts'
import { assertFailure } from './support/assert-failure.ts'
import { readRejects } from './support/read-rejects.ts'

const partition = '2001-01-01'
const record = (file: string) => new URL(`../fixtures/records/${file}`, import.meta.url)

/** Texts that one format or another gives a meaning of its own; null has none in CSV but nothing at all. */
const hostileTexts: readonly (string | null)[] = [
  '',
  null,
  'NULL',
  'null',
  '\\N',
  '\\.',
  '\\.\n\\.\r\n\\.',
  'a\\.b',
  '\\',
  'C:\\temp\\new\\',
  '\\n\\t\\x41\\101',
  'line\nfeed',
  'carriage\rreturn',
  '\r\n',
  'tab\there\u000b',
  'comma, "quoted"',
  '"',
  '""',
  ' spaces ',
  "it's; $$ -- %s {} [1]",
  '\u0001\u001f\u007f\u0085\u2028\ufeff',
  '😀 \u00e9 e\u0301',
  '-- \\copy, E\'\\x00\', U&"\\0000"',
]
const withNul = 'nul\0inside'

const problemLine = z.object({ type: z.literal('problem'), file: z.string(), field: z.string() })

const csvField = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`)

describe('a load of hostile records', () => {
  let bed: LoadBed
  let folder: string
  /** Between the worker and PostgreSQL. */
  let proxy: TcpProxy

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-hostile-'))
    bed = await openLoadBed()
    proxy = await openTcpProxy(new URL(bed.database.url))
    const database = new URL(bed.database.url)
    database.host = `127.0.0.1:${proxy.port}`
    await bed.startWorker({
      CLAIMCHECK_SOURCE_DIRECTORIES: folder,
      CLAIMCHECK_DATABASE_URL: database.href,
    })
    await bed.database.query('CREATE TABLE victim (x integer); INSERT INTO victim VALUES (1)')
  })
  after(async () => {
    await bed?.close()
    await proxy?.close()
    await rm(folder, { recursive: true, force: true })
  })

  interface Load {
    readonly name: string
    readonly format: 'csv' | 'ndjson'
    /** Contents of the files, in order, where these are the source. */
    readonly files?: readonly (string | URL)[]
    readonly source?: Readonly<Record<string, unknown>>
    readonly columns: Readonly<Record<string, unknown>>
    readonly table?: string
    readonly target?: Readonly<Record<string, unknown>>
    readonly limits?: Readonly<Record<string, unknown>>
    readonly maxRejects?: number
  }

  async function write(load: Load): Promise<void> {
    const { name, format, files = [], columns, target, limits, maxRejects = 0 } = load
    for (const [index, content] of files.entries()) {
      const path = join(folder, `${name}-${index}.${format}`)
      await (content instanceof URL ? copyFile(content, path) : writeFile(path, content))
    }
    const { source = { kind: 'file', path: `${folder}/${name}-*.${format}` } } = load
    await writePipeline(bed.pipelines, name, {
      name,
      source: { format, ...source },
      columns,
      on_reject: { max: maxRejects },
      limits: { attempts: 1, ...limits },
      target: { kind: 'postgres', table: load.table ?? tableOf(name), mode: 'merge', ...target },
    })
  }

  const run = (name: string) => bed.cli(['run', name, '--partition', partition, '--wait', '--json'])

  async function loads(load: Load): Promise<LoadResult> {
    await write(load)
    return (await bed.start(load.name, partition)).result()
  }

  const rowsOf = (name: string, columns = '*', order = 'id') =>
    bed.database.query(`SELECT ${columns} FROM ${tableOf(name)} ORDER BY ${order}`)

  const reasonsOf = async (name: string) =>
    (await readRejects(bed.store, name)).map(({ reason }) => reason)

  it('brings every text as it is, and sets aside what PostgreSQL cannot hold', async () => {
    const columns = { id: { type: 'integer', key: true }, t: 'text', u: 'text' }
    const texts = [...hostileTexts, withNul]
    // The second column is the same between columns that COPY and CSV could take for its end.
    const csvOf = (first: number, count: number, lineEnd: string) =>
      [
        't,id,u',
        ...texts
          .slice(first, first + count)
          .map((text, index) => `${csvField(text)},${first + index},${csvField(text)}`),
        '',
      ].join(lineEnd)
    const csv = { name: uniqueName('csv'), format: 'csv', columns, maxRejects: 1 } as const
    const ndjson = { ...csv, name: uniqueName('ndjson'), format: 'ndjson' } as const
    const lines = texts.map((t, id) => `${JSON.stringify({ id, t, u: t })}\n`)
    const [fromCsv, fromNdjson] = await Promise.all([
      loads({ ...csv, files: [csvOf(0, 12, '\n'), csvOf(12, texts.length, '\r\n')] }),
      loads({ ...ndjson, files: [lines.slice(0, 9).join(''), lines.slice(9).join('')] }),
    ])
    const expected = hostileTexts.map((text, id) => ({ id, t: text, u: text }))
    for (const [name, summary] of [
      [csv.name, fromCsv],
      [ndjson.name, fromNdjson],
    ] as const) {
      assert.deepEqual(await rowsOf(name), expected, name)
      assert.deepEqual([summary.counts.rowsStaged, summary.rejects], [expected.length, 1])
      assert.match((await reasonsOf(name)).join(), /NUL/)
      const [load] = await bed.database.query(
        `SELECT records_served::int AS served, rows_inserted::int AS inserted FROM claimcheck.loads WHERE pipeline = $1`,
        [name],
      )
      assert.deepEqual(load, { served: texts.length, inserted: expected.length })
    }
  })

  it('sets aside records with halves of characters, and lines that would end a COPY end nothing', async () => {
    const unicode = uniqueName('unicode')
    const dot = uniqueName('dot')
    const [hostile, single] = await Promise.all([
      loads({
        name: unicode,
        format: 'ndjson',
        files: [record('unicode_hostile.ndjson')],
        columns: { id: { type: 'integer', key: true }, t: 'text', obj: 'jsonb' },
        maxRejects: 4,
      }),
      loads({
        name: dot,
        format: 'csv',
        files: [record('single_column_dot.csv')],
        columns: { code: { type: 'text', key: true } },
      }),
    ])
    assert.deepEqual([hostile.rows, hostile.rejects, single.rows], [6, 4, 3])
    assert.deepEqual(
      await rowsOf(unicode, 'id, t'),
      [
        [1, 'plain'],
        [3, 'literal backslash-u: C:\\u0000dir'],
        [6, 'pair 😀 ok'],
        [7, 'raw 4-byte 😀 and ZWJ 👩‍💻'],
        [9, 'nel\u0085 ls\u2028 ps\u2029 bom\ufeff end'],
        [10, 'ctrl \u0001\u001f\u007f tab\t'],
      ].map(([id, t]) => ({ id, t })),
    )
    const reasons = await reasonsOf(unicode)
    assert.equal(reasons.filter((reason) => reason.includes('NUL')).length, 2, reasons.join())
    assert.equal(reasons.filter((reason) => reason.includes('surrogate')).length, 2)
    assert.deepEqual(await rowsOf(dot, 'code', 'code COLLATE "C"'), [
      { code: '\\.' },
      { code: 'one' },
      { code: 'three' },
    ])
  })

  it('lets the last record of a key win, or that which the order says, however it is cut into parts', async () => {
    const columns = {
      id: { type: 'integer', key: true },
      v: 'text',
      updated_at: 'timestamptz',
    }
    const later =
      '{"id":3,"v":"new","updated_at":"2024-01-01T00:00:00Z"}\n{"id":2,"v":"later","updated_at":"2023-12-31T00:00:00Z"}\n'
    // A part for each record or two, and all of a file in one.
    const cut = { batch_bytes: 100, items_in_flight: 2 }
    const cuts = [
      { limits: cut, target: {} },
      { limits: cut, target: { order_by: 'updated_at' } },
      { limits: {}, target: { order_by: 'updated_at' } },
    ].map((kind) => ({ ...kind, name: uniqueName('twice') }))
    const summaries = await Promise.all(
      cuts.map(({ name, limits, target }) =>
        loads({
          name,
          format: 'ndjson',
          files: [record('dup_keys.ndjson'), later],
          columns,
          limits,
          target,
          maxRejects: 1,
        }),
      ),
    )
    for (const [index, { name, target }] of cuts.entries()) {
      const isOrdered = 'order_by' in target
      assert.deepEqual(await rowsOf(name, 'id, v'), [
        { id: 1, v: isOrdered ? 'second' : 'third-but-older' },
        { id: 2, v: isOrdered ? 'only' : 'later' },
        { id: 3, v: 'new' },
      ])
      const { counts, rejects } = summaries[index] ?? {}
      assert.deepEqual([counts?.rowsStaged, counts?.rowsDuplicate, rejects], [6, 3, 1])
      assert.match((await reasonsOf(name)).join(), /^id: /)
    }
  })

  it('brings columns of any name from a header, and makes them once', async () => {
    const header = (await readFile(record('identifiers.csv'), 'utf8')).split('\n')[0] ?? ''
    const [longAscii = '', , longAccents = ''] = header.split(',').map((cell) => cell.slice(1, -1))
    const names: Readonly<Record<string, string>> = {
      ['x'.repeat(63)]: longAscii,
      [`${'é'.repeat(31)}1`]: longAccents,
      Order: 'Order',
      order_2: 'order',
      'user id': 'user id',
      'a.b': 'a.b',
      select: 'select',
      'sel"ect': 'sel"ect',
      unnamed: 'column_11',
      id: 'id',
      other_id: 'ID',
      'total (€)': 'total (€)',
      '1st': '1st',
      xmin_: 'xmin',
      ctid_: 'ctid',
      'tab\tname': 'tab\tname',
    }
    const positions = [0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]
    const columns = Object.fromEntries(
      Object.entries(names).map(([name, from]) => [
        name,
        { type: 'integer', from, key: name === 'id' },
      ]),
    )
    const name = uniqueName('names')
    await loads({ name, format: 'csv', files: [record('identifiers.csv')], columns })
    const expected = Object.fromEntries(Object.keys(names).map((key, at) => [key, positions[at]]))
    assert.deepEqual(await rowsOf(name), [expected])
    const catalog = () =>
      bed.database.query(
        `SELECT attname::text, attnum, a.xmin::text FROM pg_attribute a WHERE attrelid = $1::regclass ORDER BY attnum`,
        [tableOf(name)],
      )
    const made = await catalog()
    const again = await (await bed.start(name, partition)).result()
    assert.equal(again.counts.rowsUnchanged, 1)
    assert.deepEqual(await catalog(), made)

    // A clash is told before anything is made.
    const wrong = uniqueName('clash')
    const tooLong = 'x'.repeat(64)
    await write({
      name: wrong,
      format: 'csv',
      files: [record('identifiers.csv')],
      columns: {
        id: { type: 'integer', key: true },
        ID: 'integer',
        Order: 'integer',
        order: 'integer',
        xmin: 'integer',
        ctid: 'integer',
        [tooLong]: 'integer',
        ['é'.repeat(32)]: 'integer',
        '': 'integer',
        'x\0y': 'integer',
      },
    })
    const failure = assertFailure(await run(wrong), {
      code: 'PIPELINE_INVALID',
      exitCode: 2,
      furtherLines: 8,
    })
    for (const said of ['ID differs', 'order', 'system column', '64 bytes', 'empty', 'NUL']) {
      assert.ok(failure.message.includes(said.replace('ID ', '')), said)
    }
    const [none] = await bed.database.query('SELECT to_regclass($1) AS made', [tableOf(wrong)])
    assert.deepEqual(none, { made: null })
  })

  it('runs nothing of the SQL in names of schemas, tables and columns', async () => {
    const names = evilNames.filter((name) => !name.includes('\0'))
    const [keyName = ''] = names
    const columns = Object.fromEntries(
      names.map((name) => [name, { type: 'text', key: name === keyName }]),
    )
    const places = [
      ['a;b', "a'b"],
      ['/*', '--'],
      ['a\nb', '*/'],
      ['%I', '$$'],
    ] as const
    for (const [schema] of places) await bed.database.query(`CREATE SCHEMA "${schema}"`)
    const row = names.map((_, index) => `v${index}`)
    const csv = `${names.map(csvField).join(',')}\n${row.join(',')}\n`
    const ndjson = JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at]])))
    const loaded = places.map(([schema, table], index) => ({
      name: uniqueName('evil'),
      format: index % 2 === 0 ? ('csv' as const) : ('ndjson' as const),
      files: [index % 2 === 0 ? csv : `${ndjson}\n`],
      columns,
      table: `${schema}.${table}`,
    }))
    const summaries = await Promise.all(loaded.map(loads))
    assert.deepEqual(
      summaries.map(({ rows }) => rows),
      [1, 1, 1, 1],
    )
    for (const [schema, table] of places) {
      assert.deepEqual(
        await bed.database.query(`SELECT * FROM "${schema}"."${table}"`),
        [Object.fromEntries(names.map((name, at) => [name, row[at]]))],
        table,
      )
      const [load] = await bed.database.query(
        'SELECT rows_inserted::int AS inserted FROM claimcheck.loads WHERE target = $1',
        [`"${schema}"."${table}"`],
      )
      assert.deepEqual(load, { inserted: 1 })
    }

    // What a name of a table cannot be is refused, and none is split where it has a point.
    const refused = evilNames.filter((name) => /["\0.]/.test(name))
    const files: string[] = []
    for (const table of [...refused, 'public.a.b', 'x'.repeat(64)]) {
      const name = uniqueName('refused')
      files.push(name)
      await write({ name, format: 'csv', files: [csv], columns, table })
    }
    const outcome = await bed.cli(['pipelines', 'validate', '--json', ...files])
    assert.equal(outcome.exitCode, 2)
    const problems = jsonLines(outcome).map((line) => problemLine.parse(line))
    assert.deepEqual(new Set(problems.map(({ file }) => basename(file, '.yaml'))), new Set(files))
    assert.deepEqual(new Set(problems.map(({ field }) => field)), new Set(['target.table']))
    assert.deepEqual(await bed.database.query('SELECT * FROM victim'), [{ x: 1 }])
  })

  it('is whole where the source, and then the database, goes away in the middle of it', async () => {
    const count = 30_000
    const csv = `id,t\n${Array.from({ length: count }, (_, id) => `${id},"${'\\.\r\n'.repeat(8)}${id}"\n`).join('')}`
    const headers = { 'Content-Type': 'text/csv' }
    const source = await openHostileSource({
      '/rows': (socket, request) => {
        const half = csv.slice(0, csv.length / 2)
        const isCut = request.count === 1
        const lost = raw({ ...headers, 'Content-Length': csv.length }, half, (s) =>
          s.resetAndDestroy(),
        )
        ;(isCut ? lost : answer({ headers, body: csv }))(socket, request)
      },
    })
    const ended = new AbortController()
    try {
      const name = uniqueName('cut')
      await write({
        name,
        format: 'csv',
        source: { kind: 'http', url: `${source.url}/rows` },
        columns: { id: { type: 'integer', key: true }, t: 'text' },
        limits: { attempts: 4 },
      })
      // Twice in the COPY of the only part, the second time with a server that notices later.
      const lose = { at: { bytes: 500_000 }, arrives: false, lingerMs: 0 }
      const cuts = proxy
        .cut(lose, ended.signal)
        .then(async (first) => [
          first,
          await proxy.cut({ ...lose, arrives: true, lingerMs: 1500 }, ended.signal),
        ])
      const summary = runSummary(await run(name))
      ended.abort()
      assert.deepEqual(await cuts, ['cut', 'cut'])
      assert.equal(summary.counts.rowsInserted, count)
      assert.equal(source.requests.length, 2)
      const [found] = await bed.database.query(
        `SELECT count(*)::int AS rows, count(*) FILTER (WHERE t = repeat(E'\\\\.\\r\\n', 8) || id)::int AS exact
           FROM ${tableOf(name)} WHERE id BETWEEN 0 AND $1`,
        [count - 1],
      )
      assert.deepEqual(found, { rows: count, exact: count })
      const left = await bed.database.query(
        `SELECT application_name FROM pg_stat_activity
          WHERE datname = current_database() AND state LIKE 'idle in transaction%'
         UNION ALL SELECT tablename FROM pg_tables WHERE schemaname = 'claimcheck_staging'`,
      )
      assert.deepEqual(left, [])
    } finally {
      ended.abort()
      await source.close()
    }
  })
})
