import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { runSql, sqlText } from '../../../infra/sample-source/run-sql.ts'
import { findSampleData } from '../../../infra/sample-source/sample-data.ts'
import { openTestSource } from './open-test-source.ts'
import { readAllPages } from './read-pages.ts'

const source = await openTestSource()
const { airportsPath } = await findSampleData()

test('airports.csv is the real file, byte by byte', async () => {
  const response = await fetch(`${source.url}/airports.csv`)
  assert.match(response.headers.get('content-type') ?? '', /^text\/csv/)
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), await readFile(airportsPath))
})

test('airports as JSON have the values of the file, in its order', async () => {
  const columns = await runSql(
    `select * from read_csv(${sqlText(airportsPath)}, header = true, all_varchar = true)`,
  )
  const names = ['iata', 'name', 'city', 'state', 'country', 'latitude', 'longitude']
  const expected = columns[0]?.map((_, row) =>
    Object.fromEntries(
      names.map((name, column) => {
        const text = columns[column]?.[row]
        return [name, name.endsWith('itude') ? Number(text) : text]
      }),
    ),
  )
  assert.equal(expected?.length, 3_376)
  const pages = await readAllPages(`${source.url}/airports?per_page=1000`)
  assert.deepEqual(
    pages.map(({ data }) => data.length),
    [1_000, 1_000, 1_000, 376],
  )
  assert.deepEqual(
    pages.flatMap(({ data }) => data),
    expected,
  )
  const lines = (await (await fetch(`${source.url}/airports.ndjson`)).text()).trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    expected,
  )
})

test('coordinates keep the digits of the file', async () => {
  const ndjson = await (await fetch(`${source.url}/airports.ndjson`)).text()
  assert.match(ndjson, /^\{"iata":"00M",.*"latitude":31\.95376472,"longitude":-89\.23450472\}\n/)
})
