import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { PublishOutcome } from '../../activities/load-target.ts'
import type { PartChunk } from '../../activities/part-chunk.ts'
import type { ColumnDefinition } from '../../activities/pipeline-definition.ts'
import { publishName } from '../../src/targets/postgres/load-locks.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { claimcheckSession } from './support/claimcheck-sessions.ts'
import { column } from './support/column.ts'
import { partOf, type Row } from './support/part-chunk-of.ts'
import {
  flightColumns,
  flights,
  sampleLoad,
  type SampleChange,
  type SampleLoad,
} from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const madeTable = '(id bigint PRIMARY KEY, carrier text, delay integer)'

describe('parts that were left in the store', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: ReturnType<typeof createPostgresTarget>

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url, patienceMs: 200 })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const left = (
    table: string,
    parts: readonly (readonly Row[])[],
    change: SampleChange = {},
    columns: readonly ColumnDefinition[] = flightColumns,
  ): SampleLoad => sampleLoad(table, parts, columns, { isLeft: true, ...change })

  const takes = async ({ request }: SampleLoad): Promise<boolean> => {
    await target.check(request)
    return (await target.takesUnstaged?.(request)) === true
  }

  for (const kind of ['a new', 'an empty'] as const) {
    const table = `left_${kind.replace(' ', '_')}`

    it(`are copied straight into ${kind} table`, async () => {
      if (kind === 'an empty') await database.query(`CREATE TABLE ${table} ${madeTable}`)
      const rows = flights(1, 5)
      const load = left(table, [rows.slice(0, 3), [], rows.slice(3)])
      assert.equal(await takes(load), true)
      assert.deepEqual(countsOf(await target.publish(load.request)), {
        rowsStaged: 5,
        rowsInserted: 5,
        rowsUpdated: 0,
        rowsUnchanged: 0,
        rowsDuplicate: 0,
        rowsDeleted: 0,
      })
      assert.deepEqual(await rowsOf(table), rows.map(shown))
      const [key] = await database.query(
        `SELECT pg_get_constraintdef(oid) AS key FROM pg_constraint
          WHERE conrelid = $1::regclass AND contype = 'p'`,
        [table],
      )
      assert.deepEqual(key, { key: 'PRIMARY KEY (id)' })
      const again = await target.publish(load.request)
      assert.equal(again.kind === 'published' && again.alreadyPublished, true)
      assert.equal(await takes(left(table, [flights(1, 3)])), false)
    })
  }

  it('have the keys by which the load is compared later', async () => {
    const copied = left('keys_copied', [flights(1, 50), flights(100, 7)])
    assert.equal(await takes(copied), true)
    await target.publish(copied.request)
    const staged = sampleLoad('keys_staged', [flights(100, 7), flights(1, 50)])
    await staged.run(target)
    const [one, other] = await database.query(
      `SELECT key_digest, key_count FROM claimcheck.loads WHERE dataset_id = ANY ($1::uuid[])`,
      [[copied.datasetId, staged.datasetId]],
    )
    assert.ok(one?.['key_digest'])
    assert.deepEqual(one, other)
  })

  it('go into the table together with those that were staged', async () => {
    const rows = flights(1, 9)
    const load = left('mixed', [rows.slice(0, 3), rows.slice(3, 6), rows.slice(6)])
    assert.equal(await takes(load), true)
    await target.stagePart(load.part(1))
    const { rowsStaged, rowsInserted } = countsOf(await target.publish(load.request))
    assert.deepEqual({ rowsStaged, rowsInserted }, { rowsStaged: 9, rowsInserted: 9 })
    assert.deepEqual(await rowsOf('mixed'), rows.map(shown))
    assert.deepEqual(await leftovers(), [])
  })

  it('are staged after all where their keys repeat, and the last row wins', async () => {
    for (const [table, parts] of Object.entries({
      within: [[...flights(1, 3), ...flights(2, 1, 'SK')], flights(4, 1)],
      across: [flights(1, 3), [...flights(4, 1), ...flights(2, 1, 'SK')]],
    })) {
      await database.query(`CREATE TABLE ${table} ${madeTable}`)
      const load = left(table, parts)
      assert.equal(await takes(load), true)
      assert.deepEqual(await target.publish(load.request), {
        kind: 'staging-incomplete',
        missingParts: [0, 1],
      })
      assert.deepEqual(await rowsOf(table), [])
      await load.stage(target)
      assert.equal(countsOf(await target.publish(load.request)).rowsDuplicate, 1)
      const rows = [...flights(1, 1), ...flights(2, 1, 'SK'), [3n, 'DY', 2], ...flights(4, 1)]
      assert.deepEqual(await rowsOf(table), rows.map(shown))
    }
  })

  it('are staged after all where another load has come first', async () => {
    const [one, other] = [left('raced', [flights(1, 3)]), left('raced', [flights(2, 3, 'SK')])]
    assert.deepEqual([await takes(one), await takes(other)], [true, true])
    await target.publish(one.request)
    assert.deepEqual(await target.publish(other.request), {
      kind: 'staging-incomplete',
      missingParts: [0],
    })
    await other.stage(target)
    const { rowsInserted, rowsUpdated } = countsOf(await target.publish(other.request))
    assert.deepEqual({ rowsInserted, rowsUpdated }, { rowsInserted: 1, rowsUpdated: 2 })
  })

  it('take the place of what another load has brought first, where all are replaced', async () => {
    const replace = { target: { mode: 'replace' } } as const
    const [one, other] = [1, 10].map((id) => left('replaced', [flights(id, 3)], replace))
    assert.ok(one && other)
    assert.deepEqual([await takes(one), await takes(other)], [true, true])
    await target.publish(one.request)
    assert.equal((await target.publish(other.request)).kind, 'staging-incomplete')
    await other.stage(target)
    assert.equal(countsOf(await target.publish(other.request)).rowsDeleted, 3)
    assert.deepEqual(await rowsOf('replaced'), flights(10, 3).map(shown))
  })

  it('are few: later ones are asked for', async () => {
    const load = left(
      'later',
      [...Array(20).keys()].map((part) => flights(part * 10, 2)),
    )
    assert.equal(await takes(load), true)
    const outcome = await target.publish(load.request)
    assert.equal(outcome.kind === 'staging-incomplete' && outcome.missingParts.length, 20)
    for (const part of [16, 17, 18, 19]) await target.stagePart(load.part(part))
    assert.equal(countsOf(await target.publish(load.request)).rowsInserted, 40)
  })

  const tables: Readonly<Record<string, string>> = {
    'has a wider type': '(id bigint PRIMARY KEY, carrier text, delay bigint)',
    'has a domain': '(id bigint PRIMARY KEY, carrier short_text, delay integer)',
    'has a trigger': `${madeTable}; CREATE TRIGGER t BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
    'has a rule': `${madeTable}; CREATE RULE r AS ON DELETE TO %s DO NOTHING`,
    'has another unique index': `${madeTable}; CREATE UNIQUE INDEX ON %s (carrier, id)`,
    'takes keys that are NULL': '(id bigint UNIQUE, carrier text, delay integer)',
    'says late that keys repeat':
      '(id bigint PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, carrier text, delay integer)',
    'is partitioned': `${madeTable} PARTITION BY HASH (id); CREATE TABLE %s_0 PARTITION OF %s FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
    'has had rows': `${madeTable}; INSERT INTO %s VALUES (1, 'DY', 0); DELETE FROM %s`,
  }
  for (const [index, [what, text]] of Object.entries(tables).entries()) {
    it(`are not for a table that ${what}`, async () => {
      const table = `unlike_${index}`
      await database.query('CREATE DOMAIN short_text AS text').catch(() => {})
      for (const statement of `CREATE TABLE ${table} ${text}`.replaceAll('%s', table).split(';')) {
        await database.query(statement)
      }
      const load = left(table, [flights(1, 3)])
      assert.equal(await takes(load), false)
      await load.stage(target)
      assert.equal(countsOf(await target.publish(load.request)).rowsInserted, 3)
      assert.deepEqual(await rowsOf(table), flights(1, 3).map(shown))
    })
  }

  const loads: Readonly<Record<string, SampleChange>> = {
    'a history': { target: { mode: 'history' } },
    'a slice': { target: { mode: 'replace-interval', intervalColumn: 'day' } },
    'rows with their origin': { target: { lineage: true } },
    'rows that may be marked': { target: { onMissing: 'mark' } },
    'an incremental pipeline': { request: { markColumn: 'delay' } },
    'a table that follows its columns': { request: { evolve: true } },
  }
  for (const [index, [what, change]] of Object.entries(loads).entries()) {
    it(`are not for ${what}`, async () => {
      const columns = [...flightColumns, column('day', 'date')]
      const rows = flights(1, 3).map((row) => [...row, 20_780])
      const load = left(`otherwise_${index}`, [rows], change, columns)
      assert.equal(await takes(load), false)
      assert.deepEqual(await target.publish(load.request), {
        kind: 'staging-incomplete',
        missingParts: [0],
      })
    })
  }

  it('are not for a load without a key', async () => {
    const columns = [column('id', 'bigint'), column('carrier', 'text'), column('delay', 'integer')]
    const load = left('keyless', [flights(1, 3)], { target: { mode: 'append' } }, columns)
    assert.equal(await takes(load), false)
  })

  it('fail the load where they hold other rows than was counted, and leave the table as it was', async () => {
    await database.query(`CREATE TABLE counted ${madeTable}`)
    const { request } = left('counted', [flights(1, 3), flights(4, 3)])
    await target.check(request)
    const parts = request.parts.map((part) => ({ ...part, rowCount: 4 }))
    await assert.rejects(target.publish({ ...request, parts }), { code: 'ROWS_LOST' })
    assert.deepEqual(await rowsOf('counted'), [])
    assert.equal(countsOf(await target.publish(request)).rowsInserted, 6)
  })

  it('are refused like staged ones where a trigger that every new table gets drops some', async () => {
    await database.query(`CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN IF NEW.delay = 1 THEN RETURN NULL; END IF; RETURN NEW; END'`)
    await database.query(`CREATE FUNCTION add_trigger() RETURNS event_trigger LANGUAGE plpgsql
      AS 'BEGIN IF to_regclass(''dropping'') IS NOT NULL THEN
        CREATE TRIGGER t BEFORE INSERT ON dropping FOR EACH ROW EXECUTE FUNCTION drop_row(); END IF; END'`)
    await database.query(
      `CREATE EVENT TRIGGER made ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION add_trigger()`,
    )
    const load = left('dropping', [flights(1, 3)])
    assert.equal(await takes(load), true)
    const refused = { code: 'ROWS_LOST', retryable: false }
    await assert.rejects(target.publish(load.request), refused)
    await load.stage(target)
    await assert.rejects(target.publish(load.request), refused)
    await database.query('DROP EVENT TRIGGER made')
  })

  it('fail with what the reading of them throws, and can be read again', async () => {
    const { request } = left('unread', [flights(1, 3)])
    await target.check(request)
    const broken = new Error('the store is gone')
    await assert.rejects(
      target.publish({ ...request, readPart: () => Promise.reject(broken) }),
      broken,
    )
    assert.equal(countsOf(await target.publish(request)).rowsInserted, 3)
  })

  it('are refused with the same code as staged ones where a key is NULL', async () => {
    const rows: Row[] = [[null, 'DY', 1]]
    const staged = sampleLoad('null_staged', [rows])
    await target.check(staged.request)
    const refusal = await staged.stage(target).then(
      () => assert.fail('it was staged'),
      (error: unknown) => error,
    )
    assert.ok(refusal instanceof Error && 'code' in refusal)
    const { code } = refusal
    for (const table of ['null_new', 'null_empty']) {
      if (table === 'null_empty') await database.query(`CREATE TABLE ${table} ${madeTable}`)
      const load = left(table, [rows])
      assert.equal(await takes(load), true)
      await assert.rejects(target.publish(load.request), { code })
    }
  })

  it('are not taken any more where the run was discarded', async () => {
    const load = left('discarded', [flights(1, 3)])
    assert.equal(await takes(load), true)
    await target.discard({ ...load.request, failureCode: 'CANCELLED' })
    assert.deepEqual(await target.publish(load.request), {
      kind: 'staging-incomplete',
      missingParts: [0],
    })
    const [run] = await database.query(
      `SELECT state, failure_code, to_regclass('discarded') AS made FROM claimcheck.runs WHERE dataset_id = $1`,
      [load.datasetId],
    )
    assert.deepEqual(run, { state: 'failed', failure_code: 'CANCELLED', made: null })
  })

  it('are not missed by a dataset without any, whose run was discarded', async () => {
    await sampleLoad('emptied', [flights(1, 3)]).run(target)
    const replace = { target: { mode: 'replace', allowEmpty: true } } as const
    const { request } = sampleLoad('emptied', [], flightColumns, replace)
    await target.check(request)
    await target.discard({ ...request, failureCode: 'CANCELLED' })
    assert.equal((await target.publish(request)).kind, 'staging-incomplete')
    assert.deepEqual(await rowsOf('emptied'), flights(1, 3).map(shown))
  })

  it('are not asked for long of a table that somebody keeps to himself', async () => {
    await database.query(`CREATE TABLE kept ${madeTable}`)
    const { request } = left('kept', [flights(1, 3)])
    await target.check(request)
    const owner = await database.connect()
    await owner.query('BEGIN; LOCK TABLE kept')
    // The lock of a load waits for longer.
    const signal = AbortSignal.timeout(20_000)
    await assert.rejects(async () => target.takesUnstaged?.({ ...request, signal }), {
      code: 'TARGET_BUSY',
    })
    await owner.query('ROLLBACK')
  })

  for (const end of ['terminated', 'left behind by a worker that hangs'] as const) {
    it(`are copied once where the first attempt is ${end}`, async () => {
      const table = `attempt_${end.slice(0, 4)}`
      await database.query(`CREATE TABLE ${table} ${madeTable}`)
      const load = left(table, [flights(1, 3000), flights(4001, 3000)])
      await target.check(load.request)
      const held = Promise.withResolvers<void>()
      const first = target.publish({
        ...load.request,
        readPart: (partNumber, use) =>
          use(partNumber === 0 ? load.part(0).chunks : haltingPart(load, held.promise)),
      })
      first.catch(() => {})
      const { pid } = await claimcheckSession(database, publishName(load.datasetId), 'ClientRead')
      if (end === 'terminated') await database.query('SELECT pg_terminate_backend($1)', [pid])
      const second = await target.publish(load.request)
      held.resolve()
      await assert.rejects(first, { retryable: true })
      assert.equal(countsOf(second).rowsInserted, 6000)
      const [row] = await database.query(`SELECT count(*)::int AS rows FROM ${table}`)
      assert.deepEqual(row, { rows: 6000 })
    })
  }

  async function rowsOf(table: string): Promise<Record<string, unknown>[]> {
    return database.query(`SELECT id, carrier, delay::integer FROM ${table} ORDER BY id`)
  }

  function leftovers(): Promise<Record<string, unknown>[]> {
    return database.query(`SELECT relname FROM pg_class WHERE relnamespace = 'claimcheck_staging'::regnamespace AND relname ~ '^d_'
      UNION ALL SELECT dataset_id::text FROM claimcheck.staged_parts`)
  }
})

async function* haltingPart(load: SampleLoad, until: Promise<void>): AsyncGenerator<PartChunk> {
  yield* partOf(load.request.columns, flights(4001, 1000))
  await until
  yield* partOf(load.request.columns, flights(5001, 2000))
}

function countsOf(outcome: PublishOutcome) {
  assert.equal(outcome.kind, 'published')
  return outcome.counts
}

function shown([id, carrier, delay]: Row): Record<string, unknown> {
  return { id: String(id), carrier, delay }
}
