import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  answer,
  chunk,
  openHostileSource,
  raw,
  type HostileSource,
} from '../../support/hostile-source.ts'
import { fetchFrom } from './fetch-from.ts'

const body = Array.from({ length: 400_000 }, (_, id) => `{"id":${id}}\n`).join('')
const ndjson = { 'Content-Type': 'application/x-ndjson' }

describe('a body of many megabytes', () => {
  let source: HostileSource
  before(async () => {
    source = await openHostileSource({
      '/declared': answer({ headers: ndjson, body }),
      '/chunked': raw(
        { ...ndjson, 'Transfer-Encoding': 'chunked' },
        `${chunk(body.slice(0, 3_000_000))}${chunk(body.slice(3_000_000))}0\r\n\r\n`,
      ),
    })
  })
  after(() => source.close())

  for (const path of ['/declared', '/chunked']) {
    it(`is what was sent, and refused where it is longer than allowed: ${path}`, async () => {
      const fetch = (maxBytes: number) =>
        fetchFrom({ url: source.url + path, format: 'ndjson' }, { maxBytes })
      for (const maxBytes of [body.length, body.length * 2]) {
        assert.ok((await fetch(maxBytes)).body.equals(Buffer.from(body)))
      }
      for (const maxBytes of [body.length - 1, 1000]) {
        await assert.rejects(fetch(maxBytes), {
          code: 'PAGE_TOO_LARGE',
          message: new RegExp(`larger than ${maxBytes} bytes`),
        })
      }
    })
  }
})
