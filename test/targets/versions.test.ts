import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { Client } from 'pg'
import { startSecondPostgres } from '../support/second-postgres.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { loadLiterals, readByPostgres } from './support/load-literals.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'
import { arrayLiterals, typeLiterals } from './support/type-literals.ts'

const second = await startSecondPostgres()
if (!('missing' in second)) after(() => second.stop())
const secondUrl = 'missing' in second ? '' : second.url
const skip = 'missing' in second ? second.missing : false

/** These have servers of their own, take long, or look at what is looked at below as well. */
const others = [
  'arrays',
  'concurrent-loads',
  'names',
  'pooler',
  'random-loads',
  'random-loads-crash',
  'server-crash',
  'staging-memory',
  'type-matrix',
  'versions',
]

describe('PostgreSQL 15, beside the one of the stack', { skip, timeout: 300_000 }, () => {
  const databases: TestDatabase[] = []
  const clients: Client[] = []
  const bed = useDuckDb()

  before(async () => {
    for (const url of [undefined, secondUrl]) {
      const database = await createTestDatabase(url)
      databases.push(database)
      const client = await database.connect()
      await client.query(`SET TimeZone = 'UTC'`)
      clients.push(client)
    }
  })
  after(() => Promise.all(databases.map((database) => database.drop())))

  it('is another version', async () => {
    const versions = await Promise.all(
      clients.map(async (client) => {
        const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
        return rows[0]?.server_version.replace(/\..*/, '')
      }),
    )
    assert.equal(versions[1], '15')
    assert.notEqual(versions[0], '15')
  })

  it('passes the tests of tables, which were written for the other', () => {
    const files = globSync('test/targets/*.test.ts').filter(
      (file) => !others.some((name) => file.endsWith(`/${name}.test.ts`)),
    )
    assert.ok(files.length > 5)
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--test', '--test-concurrency=2', ...files],
      {
        env: {
          ...environment,
          CLAIMCHECK_TEST_SUPERUSER_URL: secondUrl,
          CLAIMCHECK_DATABASE_URL: secondUrl,
        },
        encoding: 'utf8',
      },
    )
    assert.equal(status, 0, `${stdout.slice(stdout.indexOf('failing tests'))}${stderr}`)
  })

  it('is given hostile texts as they are, or not at all', async () => {
    const texts = [
      '',
      '\\.',
      '\\N',
      'a\\.\nb',
      '\r',
      '\r\n',
      '\t',
      '\u0001',
      '\uFFFF',
      '\u{1F600}',
      'NULL',
    ]
    const refused = ['a\0b', '\0', '\uD800', 'a\uDC00b']
    const fields = [...texts, ...refused].map((text) => JSON.stringify(text))
    for (const client of clients) {
      const bound = { duckDb: bed.duckDb, client }
      const outcomes = await loadLiterals(bound, 'ndjson', { kind: 'text' }, fields)
      const loaded = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []))
      assert.deepEqual(loaded, texts)
    }
  })

  for (const { name, type, literals, differs } of [...typeLiterals, ...arrayLiterals]) {
    it(`is given the same values, and reads the texts so: ${name}`, async () => {
      const fields = literals.map((text) => `"${text.replaceAll('"', '""')}"`)
      const [first, other] = await Promise.all(
        clients.map((client) => loadLiterals({ duckDb: bed.duckDb, client }, 'csv', type, fields)),
      )
      assert.deepEqual(other, first)
      const [, client] = clients
      assert.ok(other && client)
      const read = await readByPostgres(client, type, literals)
      // It knows fewer spellings (`1_000` came later), but none in another way.
      const surprises = literals.filter((literal, index) => {
        const [ours, theirs] = [other[index], read[index]]
        if (ours === undefined || theirs === undefined) return true
        if ('refused' in ours || 'refused' in theirs) return false
        return ours.value !== theirs.value && !differs.includes(literal)
      })
      assert.deepEqual(surprises, [])
    })
  }
})
