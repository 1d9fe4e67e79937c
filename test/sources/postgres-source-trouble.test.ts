import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseHostList } from '../../src/sources/host-list.ts'
import type { PostgresSourceOptions } from '../../src/sources/postgres/postgres-source.ts'
import { eventually } from '../support/eventually.ts'
import { startKerberosServer } from '../support/kerberos-server.ts'
import {
  csvRecords,
  failureOf,
  usePostgresSource,
  type WantedSource,
} from './support/postgres-source-bed.ts'

describe('a PostgreSQL source in trouble', () => {
  const bed = usePostgresSource()

  async function endSessions(areWanted: (session: { query: string }) => boolean): Promise<void> {
    for (const session of (await bed.sessions()).filter(areWanted)) {
      await bed.database.query('SELECT pg_terminate_backend($1)', [session.pid])
    }
  }

  it('is refused with the place and the reason, and without values', async () => {
    const role = `reader_${Date.now()}`
    await bed.database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'right'`)
    await bed.database.query('CREATE TABLE closed (id integer, t text)')
    const table = { schema: 'public', table: 'closed' }
    const url = bed.database.urlAs(role, 'right')
    const wrong: readonly (readonly [WantedSource, RegExp, Record<string, unknown>])[] = [
      [{ table: { schema: 'public', table: 'missing' } }, /missing/, { sqlState: '42P01' }],
      [{ url, table }, /permission denied for table closed/, { sqlState: '42501' }],
      [
        { url: bed.database.urlAs(role, 'wrong'), table },
        /refuses the user/,
        { sqlState: '28P01' },
      ],
      [{ query: 'SELECT 1\nFROM' }, /cannot read the query/, { sqlState: '42601', line: 2 }],
      [{ query: 'SELECT 1,\n  nothing' }, /"nothing" does not exist/, { line: 2 }],
      [{ query: `SELECT\n 'a datum'::integer` }, /fails at what/, { sqlState: '22P02', line: 2 }],
      [{ table, split: { column: 't', ranges: 2 } }, /without ranges/, { column: 't' }],
      [{ table, split: { column: 'x', ranges: 2 } }, /no column/, { column: 'x' }],
    ]
    const [tls] = await bed.database.query('SHOW ssl')
    if (tls?.['ssl'] === 'off') {
      const secure = { url: `${bed.database.url}?sslmode=no-verify`, table }
      assert.match((await failureOf(bed.itemOf(secure))).message, /does not do TLS/)
    }
    try {
      for (const [wanted, message, at] of wrong) {
        const {
          code,
          message: said,
          at: where,
          retryable,
          cause,
        } = await failureOf(bed.itemOf(wanted))
        assert.deepEqual([code, retryable, cause], ['SOURCE_REFUSED', false, undefined], said)
        assert.match(said, message)
        assert.doesNotMatch(said, new RegExp(`datum|right|wrong|${role}`))
        for (const [name, value] of Object.entries(at)) assert.equal(where[name], value, said)
      }
      await bed.database.query(
        'CREATE FUNCTION writes() RETURNS integer AS $$ INSERT INTO closed VALUES (1) RETURNING id $$ LANGUAGE sql',
      )
      const query = 'SELECT writes()'
      assert.match(
        (await failureOf(bed.read({ query }))).message,
        /the query writes.*sqlState=25006/,
      )
      const text = `SELECT 1 / (n - 500), 'a datum' FROM generate_series(1, 1000) n`
      assert.match((await failureOf(bed.read({ query: text }))).message, /fails.*22012/)
    } finally {
      await bed.database.query(`DROP ROLE ${role}`)
    }
    await bed.noSessions()
  })

  it('is refused where it wants a way to authenticate that is not known', async (t) => {
    const port = await startKerberosServer(t)
    const url = `postgres://user:secret@127.0.0.1:${port}/x`
    const failure = await failureOf(bed.itemOf({ url, query: 'SELECT 1' }))
    assert.deepEqual([failure.code, failure.retryable], ['SOURCE_REFUSED', false])
    assert.match(failure.message, /a way to authenticate that is not known/)
  })

  it('reads other encodings, and refuses bytes that are none of any', async () => {
    const client = await bed.database.connect()
    await client.query('SET statement_timeout = 0')
    for (const [encoding, expected] of [
      ['LATIN1', 't\n"é"\n'],
      ['SQL_ASCII', '22021'],
    ] as const) {
      const other = new URL(bed.database.url)
      other.pathname = `/${bed.name}_${encoding.toLowerCase()}`
      await client.query(
        `CREATE DATABASE ${other.pathname.slice(1)} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`,
      )
      try {
        const wanted = {
          url: other.href,
          query: `SELECT convert_from('\\xe9', '${encoding}') AS t`,
        }
        const work = bed.read(wanted)
        if (encoding === 'LATIN1') {
          assert.deepEqual(await work, [expected])
          // What the URL says of it makes no difference either.
          const url = `${other.href}?client_encoding=LATIN1`
          assert.deepEqual(await bed.read({ ...wanted, url }), [expected])
        } else assert.equal((await failureOf(work)).at['sqlState'], expected)
      } finally {
        await client.query(`DROP DATABASE ${other.pathname.slice(1)} WITH (FORCE)`)
      }
    }
  })

  it('waits for whoever takes the rows, and ends in the server when it is told to', async () => {
    const big = `SELECT repeat('x', 1000) FROM generate_series(1, 1000000)`
    const abort = new AbortController()
    const opened = await bed.open({ query: big }, abort.signal)
    const chunks = opened.streams[0]?.read(0)[Symbol.asyncIterator]()
    assert.ok((await chunks?.next())?.done === false)
    await eventually('the server to wait', async () =>
      (await bed.sessions()).find(({ wait_event: event }) => event === 'ClientWrite'),
    )
    const reason = new Error('cancelled')
    abort.abort(reason)
    await assert.rejects(drain(chunks), reason)
    await bed.noSessions()
    await opened.close()

    const sleeping = new AbortController()
    const asleep = await bed.open({ query: 'SELECT pg_sleep(600)' }, sleeping.signal)
    const waiting = asleep.streams[0]?.read(0)[Symbol.asyncIterator]().next()
    await eventually('the statement', async () =>
      (await bed.sessions()).find(({ wait_event: event }) => event === 'PgSleep'),
    )
    sleeping.abort(reason)
    await assert.rejects(async () => waiting, reason)
    await bed.noSessions()
    await asleep.close()

    const early = new AbortController()
    const blocked = bed.open({
      query: `SELECT pg_sleep(600) AS id`,
      split: { column: 'id', ranges: 2 },
    })
    assert.equal((await failureOf(blocked)).code, 'SOURCE_REFUSED')
    early.abort(reason)
    await assert.rejects(bed.open({ query: 'SELECT 1' }, early.signal), reason)
    await bed.noSessions()
  })

  it('goes on where a range was cut off as long as the snapshot is there, if its rows come again', async () => {
    await bed.database.query(
      `CREATE TABLE cut AS SELECT n AS id, repeat('x', 1000) AS t FROM generate_series(1, 40000) n`,
    )
    const split = { column: 'id', ranges: 2 }
    const opened = await bed.open({ table: { schema: 'public', table: 'cut' }, split })
    const texts = await Promise.all(
      opened.streams.map(async (stream, range) => {
        const chunks: Uint8Array[] = []
        let isCut = range !== 0
        for await (const chunk of stream.read(0)) {
          chunks.push(chunk)
          if (isCut || chunk.length === 0) continue
          isCut = true
          // What is changed meanwhile is not of the snapshot.
          await bed.database.query(
            `UPDATE cut SET t = 'changed' WHERE id % 2 = 0; DELETE FROM cut WHERE id % 5 = 0`,
          )
          await endSessions(({ query }) => query.startsWith('COPY'))
        }
        return Buffer.concat(chunks).toString()
      }),
    )
    await opened.close()
    const records = texts.flatMap((text) => csvRecords(text).slice(1))
    assert.equal(records.length, 40_000)
    assert.equal(new Set(records).size, 40_000)
    assert.ok(records.every((record) => record.endsWith('x"')))

    const shuffled = await bed.open({ query: 'SELECT id, t, random() FROM cut' })
    const reading = shuffled.streams[0]?.read(0)[Symbol.asyncIterator]()
    await reading?.next()
    await endSessions(({ query }) => query.startsWith('COPY'))
    const other = await failureOf(drain(reading))
    assert.deepEqual([other.code, other.retryable], ['SOURCE_CHANGED', true])
    await shuffled.close()
    await bed.noSessions()
  })

  it('fails for another attempt when its snapshot is lost, and leaves nothing', async () => {
    const big = `SELECT n, repeat('x', 1000) FROM generate_series(1, 1000000) n`
    const opened = await bed.open({ query: big, split: { column: 'n', ranges: 2 } })
    const [first, second] = opened.streams
    const chunks = first?.read(0)[Symbol.asyncIterator]()
    await chunks?.next()
    await endSessions(() => true)
    const lost = await failureOf(drain(chunks))
    assert.deepEqual([lost.code, lost.retryable], ['SOURCE_UNREACHABLE', true])
    assert.match(lost.message, /snapshot|57P01|gone|ECONNRESET|EPIPE/)

    await bed.noSessions()
    const gone = await failureOf(drain(second?.read(0)[Symbol.asyncIterator]()))
    assert.deepEqual([gone.code, gone.retryable], ['SOURCE_UNREACHABLE', true])
    assert.match(gone.message, /the snapshot to be read is gone/)
    await opened.close()

    const left = await bed.open({ query: big })
    for await (const chunk of left.streams[0]?.read(0) ?? []) if (chunk.length > 0) break
    await left.close()
    await bed.noSessions()
  })

  it('connects to no host that it may not, and to the address that was checked', async () => {
    const { port, username, password, pathname } = new URL(bed.database.url)
    const at = (host: string) => `postgres://${username}:${password}@${host}:${port}${pathname}`
    const resolve: PostgresSourceOptions['resolve'] = (_host, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }])
    const query = 'SELECT 1'
    const listed = (text: string) => ({ allowedHosts: parseHostList(text), resolve })
    await bed.itemOf({ url: at('db.test'), query }, listed('db.test'))
    await bed.itemOf({ url: at('db.test'), query }, listed('127.0.0.0/8'))
    await bed.itemOf({ url: at('db.test'), query }, { resolve })
    for (const [host, options] of [
      ['db.test', listed('other.test')],
      ['db.test', listed('10.0.0.0/8')],
      ['127.0.0.1', listed('db.test')],
      ['169.254.169.254', {}],
      [`db.test/x?host=169.254.169.254&port=${port}&y=`, {}],
      ['[::ffff:169.254.169.254]', {}],
    ] as const) {
      const error = await failureOf(bed.itemOf({ url: at(host), query }, options))
      assert.deepEqual([error.code, error.retryable], ['SOURCE_HOST_REFUSED', false], host)
      assert.ok(!error.message.includes(password), error.message)
    }
    const nobody = await failureOf(bed.itemOf({ url: 'postgres://u@127.0.0.1:1/x', query }))
    assert.deepEqual([nobody.code, nobody.retryable], ['SOURCE_UNREACHABLE', true])
    assert.match(nobody.message, /ECONNREFUSED/)
  })

  it('takes user and password from references as they are, and names neither', async () => {
    const role = `hostile_${Date.now()}`
    const secret = 'p@ss/w:rd?#% 25%41'
    await bed.database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`)
    const { host, pathname } = new URL(bed.database.url)
    const environment = {
      ROLE: role,
      SECRET: secret,
      PLACE: host,
      WHOLE: `postgres://${role}:a#b@x/y`,
    }
    try {
      const wanted = {
        url: `postgres://\${ROLE}:\${SECRET}@\${PLACE}${pathname}`,
        query: 'SELECT 1',
      }
      const item = await bed.itemOf(wanted, { environment })
      assert.equal(item.place, `postgres://\${PLACE}${pathname} (query)`)
      for (const [text, code] of [
        ['${WHOLE}', 'SOURCE_SETTING_INVALID'],
        ['${PLACE}', 'SOURCE_SETTING_INVALID'],
        ['${NOTHING}', 'SOURCE_SETTING_MISSING'],
        ['postgres://${PLACE}/x?host=/tmp', 'SOURCE_SETTING_INVALID'],
        ['postgres://${PLACE}/x?sslrootcert=/nowhere', 'SOURCE_SETTING_INVALID'],
      ] as const) {
        const error = await failureOf(bed.itemOf({ ...wanted, url: text }, { environment }))
        assert.equal(error.code, code, error.message)
        assert.doesNotMatch(error.message, new RegExp(`${role}|a#b|p@ss`))
      }
    } finally {
      await bed.database.query(`DROP ROLE ${role}`)
    }
  })
})

async function drain(chunks: AsyncIterator<Uint8Array> | undefined): Promise<void> {
  while ((await chunks?.next())?.done === false);
}
