import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { runSql, sqlText } from '../../../infra/sample-source/run-sql.ts'
import { findSampleData } from '../../../infra/sample-source/sample-data.ts'
import { openTestSource, temporaryDirectory } from './open-test-source.ts'
import { readPage } from './read-pages.ts'

const COLUMNS = `{
  id: 'BIGINT', date: 'TIMESTAMP', delay: 'BIGINT', distance: 'BIGINT',
  origin: 'VARCHAR', destination: 'VARCHAR'
}`
const directory = await temporaryDirectory()
const source = await openTestSource(directory)
const { flightsPath } = await findSampleData()

/** Saves an answer and returns the file; the answer must be as long as it announced. */
async function download(path: string): Promise<string> {
  const file = join(directory, path.replace(/\W/g, '-'))
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${source.url}${path}`, resolve).on('error', reject)
  })
  assert.equal(response.statusCode, 200)
  await pipeline(response, createWriteStream(file))
  assert.equal(String((await stat(file)).size), response.headers['content-length'])
  return file
}

/** Compares what DuckDB reads from a saved answer with the Parquet file, place by place. */
async function compare(reader: string): Promise<unknown> {
  const [rows, sum, wrong] = await runSql(`
    select
      count(*), sum(served.delay),
      count(*) filter (
        served.id is distinct from place or served.date is distinct from real.date
        or served.delay is distinct from real.delay or served.distance is distinct from real.distance
        or served.origin is distinct from real.origin
        or served.destination is distinct from real.destination)
    from ${reader} as served
    positional join (
      select *, row_number() over () as place from read_parquet(${sqlText(flightsPath)})) as real`)
  return { rows: Number(rows?.[0]), sum: Number(sum?.[0]), wrong: Number(wrong?.[0]) }
}

test('all flights as NDJSON are the Parquet file, row by row', async () => {
  const file = await download('/flights.ndjson')
  assert.deepEqual(
    await compare(
      `read_json(${sqlText(file)}, format = 'newline_delimited', columns = ${COLUMNS})`,
    ),
    { rows: 3_000_000, sum: 20_003_603, wrong: 0 },
  )
})

test('all flights as CSV are the Parquet file, row by row', async () => {
  const file = await download('/flights.csv')
  assert.deepEqual(
    await compare(`read_csv(${sqlText(file)}, header = true, columns = ${COLUMNS})`),
    { rows: 3_000_000, sum: 20_003_603, wrong: 0 },
  )
})

test('a stream of an interval has the records of its page', async () => {
  const query = 'since=2001-01-31T23:50&until=2001-02-01T00:10'
  const { data } = await readPage(`${source.url}/flights?${query}`)
  const ndjson = await (await fetch(`${source.url}/flights.ndjson?${query}`)).text()
  assert.equal(ndjson, data.map((record) => `${JSON.stringify(record)}\n`).join(''))
  const csv = await (await fetch(`${source.url}/flights.csv?${query}`)).text()
  const lines = data.map((record) => `${Object.values(Object(record)).join(',')}\n`)
  assert.equal(csv, ['id,date,delay,distance,origin,destination\n', ...lines].join(''))
})

test('an empty interval is no line, or in CSV the header alone', async () => {
  const query = 'day=1999-01-01'
  assert.equal(await (await fetch(`${source.url}/flights.ndjson?${query}`)).text(), '')
  assert.equal(
    await (await fetch(`${source.url}/flights.csv?${query}`)).text(),
    'id,date,delay,distance,origin,destination\n',
  )
})

test('a client that reads slowly does not make the server read ahead', async () => {
  source.resetStats()
  const response = await fetch(`${source.url}/flights.ndjson`)
  const reader = response.body?.getReader()
  await reader?.read()
  await new Promise((resolve) => {
    setTimeout(resolve, 300)
  })
  const { bytesServed, pagesFetched } = source.stats()
  assert.ok(bytesServed < 32 << 20, `${bytesServed} bytes were sent to a client that reads none`)
  assert.equal(pagesFetched, 0)
  await reader?.cancel()
})
