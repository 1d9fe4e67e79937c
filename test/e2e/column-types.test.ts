import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { runSummary } from '../support/run-summary.ts'

describe('a load of every kind of column', () => {
  let bed: LoadBed
  let server: Server
  let body: string | Buffer
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
    server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    server?.close()
    server?.closeAllConnections()
    await bed?.close()
  })

  async function writeRecords(name: string, columns: Readonly<Record<string, unknown>>) {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    const url = `http://127.0.0.1:${address.port}/records`
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'http', url, records: '$.rows' },
      columns: { id: { type: 'bigint', key: true }, ...columns },
      on_reject: { max: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
  }

  async function run(name: string, ...more: string[]) {
    const args = ['run', name, '--partition', '2001', '--wait', '--json', ...more]
    return runSummary(await bed.cli(args))
  }

  it('keeps the digits of the source, in JSON as in numbers', async () => {
    body = await readFile(new URL('../fixtures/records/bigints.json', import.meta.url))
    const name = uniqueName('digits')
    await writeRecords(name, {
      big: 'numeric(38, 0)',
      neg: 'bigint',
      dec: 'text',
      money: 'numeric(20, 2)',
      negz: 'double',
      round: 'bigint',
      exp: 'jsonb',
      trail: 'json',
    })
    await run(name)
    const rows = await bed.database.query(
      `SELECT id::text, big::text, neg::text, dec, money::text, negz::text, round::text,
              trail::text, exp = '1e400'::jsonb AS is_huge
         FROM ${tableOf(name)} AS loaded ORDER BY loaded.id`,
    )
    assert.deepEqual(rows, [
      {
        id: '9007199254740993',
        big: '12345678901234567890',
        neg: '-9223372036854775808',
        dec: '0.1000000000000000055511151231257827',
        money: '123456789012345678.99',
        negz: '-0',
        round: '144188125506805060',
        trail: '1.10',
        is_huge: true,
      },
      {
        id: '10038000307000729',
        big: '18446744073709551615',
        neg: '-1',
        dec: '2.50',
        money: '0.01',
        negz: '0',
        round: '9007199254740992',
        trail: '100',
        is_huge: false,
      },
    ])
  })

  it('brings documents, bytes, times of day, nested fields and defaults', async () => {
    const document = '{ "z": 1.10, "a": [12345678901234567890.5, null],\n  "a": "\\u00e9" }'
    body = `{"rows": [
      {"id": 1, "doc": ${document}, "photo": "\\\\xdeadBEEF", "at": "24:00",
       "address": {"city": "Oslo \\"Ø\\"", "zip": 150, "geo": {"lat": 59.9139000000000000001}}},
      {"id": 2, "doc": null, "photo": "AQID", "at": null, "address": null},
      {"id": 3, "doc": "\\u0000", "photo": null, "at": null}
    ]}`
    const name = uniqueName('kinds')
    const columns = {
      doc: 'jsonb',
      source_text: { type: 'json', from: 'doc' },
      photo: 'bytea',
      at: { type: 'time', default: '08:30' },
      city: { type: 'text', from: '$.address.city', default: 'nowhere' },
      zip: { type: 'integer', from: '$.address.zip' },
      lat: { type: 'numeric(30, 20)', from: '$.address.geo.lat' },
      address: 'json',
    }
    await writeRecords(name, columns)
    const first = await run(name)
    assert.deepEqual([first.rows, first.rejects], [2, 1])
    const read = () =>
      bed.database.query(
        `SELECT id::int, doc::text, source_text::text, encode(photo, 'hex') AS photo, at::text,
                city, zip, lat::text, address IS NULL AS homeless
           FROM ${tableOf(name)} ORDER BY id`,
      )
    const versions = () => bed.database.query(`SELECT xmin::text, ctid::text FROM ${tableOf(name)}`)
    assert.deepEqual(await read(), [
      {
        id: 1,
        doc: '{"a": "é", "z": 1.10}',
        source_text: document,
        photo: 'deadbeef',
        at: '24:00:00',
        city: 'Oslo "Ø"',
        zip: 150,
        lat: '59.91390000000000000010',
        homeless: false,
      },
      {
        id: 2,
        doc: null,
        source_text: null,
        photo: '010203',
        at: '08:30:00',
        city: 'nowhere',
        zip: null,
        lat: null,
        homeless: true,
      },
    ])

    const versionsBefore = await versions()
    const again = await run(name, '--refetch')
    assert.equal(again.counts.rowsUnchanged, 2)
    assert.deepEqual(await versions(), versionsBefore, 'no row was written')

    body = body.replace('1.10', '1.1')
    const changed = await run(name, '--refetch')
    assert.equal(changed.counts.rowsUpdated, 1)
    assert.equal((await read())[0]?.['doc'], '{"a": "é", "z": 1.1}')
  })
})
