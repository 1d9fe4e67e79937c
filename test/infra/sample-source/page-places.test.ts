import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestSource } from './open-test-source.ts'

const day = 'day=2001-01-02&per_page=4000'
const source = await openTestSource()

async function answer(place: string): Promise<{ body: string; link: string | null }> {
  const response = await fetch(`${source.url}${place}`)
  assert.equal(response.status, 200, place)
  return { body: await response.text(), link: response.headers.get('link') }
}

test('page, offset and Link header lead through the same pages', async () => {
  const first = await answer(`/flights.ndjson?${day}`)
  const pages: string[] = []
  let link: string | null = first.link
  for (let body = first.body; ;) {
    pages.push(body)
    const target = /^<([^>]+)>; rel="next"$/.exec(link ?? '')?.[1]
    if (target === undefined) break
    ;({ body, link } = await answer(target))
  }
  assert.ok(pages.length > 1)
  const rows = pages.map((page) => page.split('\n').length - 1)
  for (const [index, page] of pages.entries()) {
    const offset = rows.slice(0, index).reduce((sum, count) => sum + count, 0)
    assert.equal((await answer(`/flights.ndjson?${day}&page=${index + 1}`)).body, page)
    assert.equal((await answer(`/flights.ndjson?${day}&offset=${offset}`)).body, page)
  }
  assert.equal((await answer('/flights.ndjson?day=2001-01-02')).body, pages.join(''))
})

test('beyond the last page there are empty ones, without a link', async () => {
  for (const place of ['page=9', 'offset=999999']) {
    assert.deepEqual(await answer(`/flights?${day}&${place}`), {
      body: '{"data":[],"next":null}',
      link: null,
    })
    assert.equal((await answer(`/flights.ndjson?${day}&${place}`)).body, '')
    const csv = await answer(`/airports.csv?per_page=4000&${place}`)
    assert.equal(csv.body, (await answer('/airports.csv')).body.split(/(?<=\n)/)[0])
  }
})
