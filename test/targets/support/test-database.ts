import { randomBytes } from 'node:crypto'
import { Client, type QueryResultRow } from 'pg'

export interface TestDatabase {
  readonly url: string
  /** The same database as another role. */
  urlAs(user: string, password: string): string
  /** Rows of one statement, on a connection of its own kind that no target knows of. */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** A connection of the caller's, closed with the database at the latest. */
  connect(): Promise<Client>
  drop(): Promise<void>
}

/**
 * A new, empty database on the server of `serverUrl`.
 * @param serverUrl By default a superuser's, where `test/run.ts` knows one: tests make roles.
 */
export async function createTestDatabase(
  serverUrl = process.env['CLAIMCHECK_TEST_SUPERUSER_URL'] ??
    process.env['CLAIMCHECK_DATABASE_URL'],
): Promise<TestDatabase> {
  if (serverUrl === undefined || serverUrl === '') {
    throw new Error('CLAIMCHECK_DATABASE_URL is not set: run the tests with `npm test`')
  }
  const name = `claimcheck_test_${randomBytes(6).toString('hex')}`
  const url = new URL(serverUrl)
  await statement(serverUrl, `CREATE DATABASE ${name}`)
  url.pathname = `/${name}`

  const clients: Client[] = []
  const connect = async () => {
    const client = new Client({ connectionString: url.href })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }
  const own = await connect()
  return {
    url: url.href,
    urlAs(user, password) {
      const other = new URL(url)
      other.username = user
      other.password = password
      return other.href
    },
    async query<Row extends QueryResultRow>(
      text: string,
      values?: readonly unknown[],
    ): Promise<Row[]> {
      return (await own.query<Row>(text, values && [...values])).rows
    },
    connect,
    async drop() {
      for (const client of clients) await client.end().catch(() => {})
      // Not WITH (FORCE): an owner may not end an autovacuum worker, which a plain DROP sends away.
      await statement(
        serverUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = '${name}' AND backend_type = 'client backend'`,
      )
      await statement(serverUrl, `DROP DATABASE IF EXISTS ${name}`)
    },
  }
}

async function statement(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
