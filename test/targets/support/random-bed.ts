import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { createPostgresTarget } from '../../../src/targets/postgres/postgres-target.ts'
import { readSampledTexts, readTexts } from './random-cells.ts'
import { assertPlanned } from './random-plan.ts'
import { letCome, type Killer } from './random-kills.ts'
import {
  discardPersistently,
  loadPersistently,
  loadRows,
  makeTable,
  tableTexts,
  toSampleLoad,
} from './random-loading.ts'
import { Oracle, type OracleOutcome } from './random-oracle.ts'
import { openTcpProxy } from './random-tcp-proxy.ts'
import type { RandomTable } from './random-tables.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

export interface RandomBed {
  /** Loads the table's datasets one after another, and compares with the oracle after each. */
  play(table: RandomTable): Promise<void>
  /** How many kills came. */
  readonly killCount: number
  close(): Promise<void>
}

/** A database behind a proxy that loses connections. */
export async function openRandomBed(
  serverUrl?: string,
  crash?: () => Promise<void>,
): Promise<RandomBed> {
  const database = await createTestDatabase(serverUrl)
  const url = new URL(database.url)
  const proxy = await openTcpProxy(new URL(database.url))
  url.port = String(proxy.port)
  const target = createPostgresTarget({ url: url.href, maxConnections: 4, patienceMs: 20 })
  const plain = createPostgresTarget({ url: database.url, maxConnections: 2 })
  let client = await openClient(database)
  const texts = new Map(await readSampledTexts(client))
  let killCount = 0

  const killer: Killer = {
    proxy,
    get client() {
      return client
    },
    ...(crash && {
      async crash() {
        await crash()
        client = await openClient(database)
      },
    }),
  }

  return {
    get killCount() {
      return killCount
    },
    async play(table) {
      for (const [sample, text] of await readTexts(client, table.columns)) texts.set(sample, text)
      const name = `random_${randomBytes(4).toString('hex')}`
      await makeTable(client, name, table)
      const oracle = new Oracle(table, texts)
      for (const [index, load] of table.loads.entries()) {
        const sample = toSampleLoad(name, table, load)
        const wanted = oracle.load(load, sample.datasetId)
        // One of them, when there are rows to compare with: planning takes as long as loading.
        if (crash === undefined && index === table.loads.length - 1) {
          await assertPlanned({ target: plain, client }, toSampleLoad(name, table, load), wanted)
        }
        const ended = new AbortController()
        const coming = letCome(load.kills, killer, ended.signal)
        let outcome: OracleOutcome
        try {
          outcome = await loadPersistently(target, sample)
        } finally {
          ended.abort()
          killCount += await coming
        }
        const where = `load ${index}`
        assert.deepEqual(outcome, wanted, where)
        if ('refused' in outcome) await discardPersistently(target, sample)
        if (await exists(client, name)) {
          assert.deepEqual(await tableTexts(client, name, table), oracle.rows(), where)
        } else assert.deepEqual(oracle.rows(), [], where)
        assert.deepEqual(await loadRows(client, sample), 'refused' in wanted ? [] : [wanted], where)
        assert.deepEqual(await stagedThings(client), [], where)
        const state = 'refused' in wanted ? 'failed' : 'published'
        assert.deepEqual(await runStates(client, sample.datasetId), [state], where)
      }
      await client.query(`DROP TABLE IF EXISTS ${name}`)
    },
    async close() {
      await target.close()
      await plain.close()
      await proxy.close()
      await database.drop()
    },
  }
}

async function openClient(database: TestDatabase): Promise<Client> {
  const client = await database.connect()
  await client.query(`SET TimeZone = 'UTC'`)
  return client
}

async function exists(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS there',
    [name],
  )
  return rows[0]?.there === true
}

/** What the catalog says of the dataset's run: there is to be one. */
async function runStates(client: Client, datasetId: string): Promise<string[]> {
  const { rows } = await client.query<{ state: string }>(
    'SELECT state FROM claimcheck.runs WHERE dataset_id = $1',
    [datasetId],
  )
  return rows.map(({ state }) => state)
}

/** What is left in staging, by name. */
async function stagedThings(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'claimcheck_staging'::regnamespace
      UNION ALL
     SELECT dataset_id || ' ' || part_number FROM claimcheck.staged_parts`,
  )
  return rows.map(({ name }) => name)
}
