import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { LoadTarget } from '../../activities/load-target.ts'
import { publishName } from '../../src/targets/postgres/load-locks.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { publishLoad } from '../../src/targets/postgres/publish-load.ts'
import { openSessions, type Sessions } from '../../src/targets/postgres/sessions.ts'
import { column } from './support/column.ts'
import { readTexts } from './support/random-cells.ts'
import { loadPersistently, loadRows, tableTexts, toSampleLoad } from './support/random-loading.ts'
import { Oracle } from './support/random-oracle.ts'
import type { RandomLoad, RandomTable } from './support/random-tables.ts'
import type { Sample } from './support/random-types.ts'
import type { Row } from './support/part-chunk-of.ts'
import { flightColumns, flights, sampleLoad, type SampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const loadCount = 8

/** Where loads of one table meet: in the keys of others, or only in the table. */
const modes: readonly (RandomTable['target'] & { readonly what: string })[] = [
  { what: 'merge', mode: 'merge' },
  { what: 'merge that deletes', mode: 'merge', onMissing: 'delete' },
  { what: 'replace', mode: 'replace' },
  { what: 'append', mode: 'append' },
  { what: 'replace-interval', mode: 'replace-interval', intervalColumn: 'day' },
  { what: 'history', mode: 'history', onMissing: 'delete', lineage: true },
]

/** Eight loads of 240 rows; the first 40 of each are the same in all. */
function eightLoads(target: RandomTable['target']): RandomTable {
  const sample = (value: number | string, literal = String(value)): Sample => ({ value, literal })
  const hasDay = target.mode === 'replace-interval'
  const hasKey = target.mode !== 'append'
  const loads = Array.from({ length: loadCount }, (_, index): RandomLoad => {
    const rows = Array.from({ length: 240 }, (_row, place) => [
      sample(place < 40 ? place : index * 60 + place),
      sample(place < 40 ? 'same' : `load ${index}`),
      ...(hasDay ? [sample(20_421 + index, `2025-${index < 2 ? 11 : 12}-${dayOf(index)}`)] : []),
    ])
    const parts = [rows.slice(0, 100), rows.slice(100, 130), rows.slice(130)]
    // Slices of a history have an order: these are one, of which the last load stays.
    return { parts, day: target.mode === 'history' ? 0 : index, kills: [], isLeft: true }
  })
  const definitions = [
    column('id', 'integer', hasKey ? 'key' : undefined),
    column('carrier', 'text'),
    ...(hasDay ? [column('day', 'date', 'key')] : []),
  ]
  const all = loads.flatMap(({ parts }) => parts.flat())
  const columns = definitions.map((definition, place) => ({
    definition,
    type: definition.type,
    samples: all.flatMap((row) => row[place] ?? []),
  }))
  return { columns, target, loads }
}

/** Of days from 2025-11-29 on. */
function dayOf(index: number): string {
  return String(index < 2 ? 29 + index : index - 1).padStart(2, '0')
}

describe('loads at the same time', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let client: Client
  let endedCount = 0

  before(async () => {
    database = await createTestDatabase()
    client = await database.connect()
    await client.query(`SET TimeZone = 'UTC'`)
    const target = createPostgresTarget({ url: database.url })
    await target.check(sampleLoad('any', []).request)
    await target.close()
  })
  after(() => database.drop())

  /** Runs each by a target of its own; sessions of two are ended meanwhile, and they are tried again. */
  async function runAll(loads: readonly SampleLoad[]): Promise<void> {
    const chosen = new Set([Math.random(), Math.random()].map((of) => Math.floor(of * loadCount)))
    // Each has connections of its own, as a worker of its own would.
    const targets = loads.map(() => createPostgresTarget({ url: database.url }))
    const over = new AbortController()
    const ending = endSessions(
      [...chosen].flatMap((index) => loads[index] ?? []),
      over.signal,
    )
    try {
      await Promise.all(
        loads.map((load, index) => {
          const target = targets[index]
          assert.ok(target)
          // The others are to need no second attempt.
          return chosen.has(index) ? loadPersistently(target, load) : load.run(target)
        }),
      )
    } finally {
      over.abort()
      endedCount += await ending
      await Promise.all(targets.map((target) => target.close()))
    }
  }

  /** Ends one session of each, as soon as it has one; resolves with how many there were. */
  async function endSessions(loads: readonly SampleLoad[], signal: AbortSignal): Promise<number> {
    const left = new Set(loads)
    while (left.size > 0 && !signal.aborted) {
      for (const load of left) {
        const { rowCount } = await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'claimcheck % ' || $1 || '%'
            ORDER BY random() LIMIT 1`,
          [load.datasetId],
        )
        if (rowCount === 1) left.delete(load)
      }
      await sleep(1)
    }
    return loads.length - left.size
  }

  async function deadlocks(): Promise<number> {
    const [row] = await database.query<{ count: number }>(
      `SELECT deadlocks::int AS count FROM pg_stat_database WHERE datname = current_database()`,
    )
    return row?.count ?? NaN
  }

  for (const [index, { what, ...settings }] of modes.entries()) {
    const table = eightLoads(settings)

    it(`come one after another into one table: ${what}`, async () => {
      const name = `one_${index}`
      const loads = table.loads.map((load) => toSampleLoad(name, table, load))
      await runAll(loads)
      const texts = await readTexts(client, table.columns)
      const oracle = new Oracle(table, texts)
      const published = await database.query<{ id: string }>(
        'SELECT dataset_id AS id FROM claimcheck.loads WHERE target = $1 ORDER BY published_at',
        [`public.${name}`],
      )
      assert.equal(published.length, loadCount)
      for (const { id } of published) {
        const place = loads.findIndex(({ datasetId }) => datasetId === id)
        const [load, sample] = [table.loads[place], loads[place]]
        assert.ok(load && sample)
        assert.deepEqual(await loadRows(client, sample), [oracle.load(load, sample.datasetId)])
      }
      assert.deepEqual(await tableTexts(client, name, table), oracle.rows())
      assert.equal(await deadlocks(), 0)
    })

    it(`come side by side into eight tables: ${what}`, async () => {
      const loads = table.loads.map((load, place) =>
        toSampleLoad(`many_${index}_${place}`, table, load),
      )
      await runAll(loads)
      const texts = await readTexts(client, table.columns)
      for (const [place, sample] of loads.entries()) {
        const load = table.loads[place]
        assert.ok(load)
        const oracle = new Oracle(table, texts)
        assert.deepEqual(await loadRows(client, sample), [oracle.load(load, sample.datasetId)])
        const shown = await tableTexts(client, sample.request.target.table, table)
        assert.deepEqual(shown, oracle.rows())
      }
      assert.equal(await deadlocks(), 0)
    })
  }

  it('are told apart by when they came, not by when they began', async () => {
    const target = createPostgresTarget({ url: database.url })
    const last = sampleLoad('raced', [flights(1, 1)])
    const first = sampleLoad('raced', [flights(1, 1, 'SK')])
    await last.stage(target)
    const sessions = openSessions({
      url: database.url,
      maxConnections: 1,
      connectTimeoutMs: 10_000,
    })
    let hasBegun = false
    const raced: Sessions = {
      ...sessions,
      transaction: (name, signal, body, isolation) =>
        sessions.transaction(
          name,
          signal,
          async (session) => {
            // Its transaction has begun, and does not have the table's lock yet.
            if (name === publishName(last.datasetId) && !hasBegun) {
              hasBegun = true
              await first.run(target)
            }
            return body(session)
          },
          isolation,
        ),
    }
    await publishLoad(raced, last.request, { patienceMs: 1_000, waitMs: 10_000 })
    await sessions.close()
    await target.close()
    assert.deepEqual(await database.query('SELECT carrier FROM raced'), [{ carrier: 'DY' }])
    const published = await database.query<{ id: string }>(
      `SELECT dataset_id AS id FROM claimcheck.loads WHERE target = 'public.raced' ORDER BY published_at`,
    )
    assert.deepEqual(
      published.map(({ id }) => id),
      [first.datasetId, last.datasetId],
    )
  })

  it('went on after sessions were ended', () => {
    assert.ok(endedCount > 0)
  })
})

/** What tells a version of the table from every mixture of two. */
interface TableState {
  readonly rows: bigint
  readonly first: number
  readonly last: number
  readonly sum: bigint
}

describe('a reader of a table that is loaded', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  /** Reads until the signal, in one snapshot each time; resolves with the versions that it saw. */
  async function readWholeStates(
    reader: Client,
    table: string,
    state: (version: number) => TableState,
    signal: AbortSignal,
  ): Promise<number[]> {
    const seen: number[] = []
    while (!signal.aborted) {
      const { rows } = await reader.query<Record<keyof TableState, string>>(
        `SELECT count(*) AS rows, min(delay) AS first, max(delay) AS last, sum(id) AS sum FROM ${table}`,
      )
      const [row] = rows
      assert.ok(row)
      const first = Number(row.first)
      const shown = { rows: BigInt(row.rows), first, last: Number(row.last), sum: BigInt(row.sum) }
      assert.deepEqual(shown, state(first))
      seen.push(first)
    }
    return seen
  }

  for (const mode of ['merge', 'replace'] as const) {
    it(`sees whole states only: ${mode}`, async () => {
      /** `replace` takes ten rows away, `merge` adds them. */
      const rowCount = (number: number) => 100_000 + number * (mode === 'merge' ? 10 : -10)
      /** All rows of a version say which it is. */
      const version = (number: number): SampleLoad => {
        const rows = Array.from({ length: rowCount(number) }).map((_, id): Row => [
          BigInt(id),
          `version ${number}`,
          number,
        ])
        const parts = [rows.slice(0, 50_000), rows.slice(50_000)]
        const day = `2025-11-${10 + number}`
        return sampleLoad(`read_${mode}`, parts, flightColumns, {
          target: { mode },
          request: {
            partition: day,
            interval: { start: `${day}T00:00:00Z`, end: `2025-11-${11 + number}T00:00:00Z` },
          },
        })
      }
      const state = (number: number): TableState => {
        const rows = BigInt(rowCount(number))
        return { rows, first: number, last: number, sum: (rows * (rows - 1n)) / 2n }
      }
      await version(0).run(target)
      const over = new AbortController()
      const reader = await database.connect()
      const reading = readWholeStates(reader, `read_${mode}`, state, over.signal)
      reading.catch(() => {})
      try {
        for (const number of [1, 2]) await version(number).run(target)
      } finally {
        over.abort()
      }
      const seen = await reading
      // It read all the while, and never went back.
      assert.deepEqual(
        seen,
        seen.toSorted((one, other) => one - other),
      )
      assert.ok(seen.length > 2)
      assert.equal(seen[0], 0)
    })
  }
})
