import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { createCodecServer, type ObjectKey } from '../../../codec/index.ts'
import { createWebApp } from '../../../src/web/web-app.ts'
import { asBrowser, createPageApp, pageHost } from '../../support/page-app.ts'
import { codecOn } from '../codec/codec-samples.ts'
import { rawPayload, textOf, UI_ORIGIN } from '../codec/codec-server-samples.ts'
import { WatchedStore } from '../codec/watched-store.ts'

const token = 'right'
const secret = 'secrets/of-the-bucket'

/** The codec as `claimcheck web` serves it, over a bucket that has other things too. */
async function openBed() {
  const store = new WatchedStore()
  // Another codec has written what is there: this one has read nothing yet.
  const codecs = { default: codecOn(store) }
  const server = createCodecServer({ codecs, token, allowedOrigins: [UI_ORIGIN] })
  const own = createCodecServer({ codecs: { default: codecOn(store) } })
  const other = createCodecServer({ codecs: { default: codecOn(store, { namespace: 'hr' }) } })
  const app = createWebApp({ codecServer: server, api: new Hono(), pages: new Hono() })
  await store.put(secret as ObjectKey, Buffer.from('hunter2'), { contentType: 'x/y' })
  const ask = async (
    serve: (request: Request) => Promise<Response> | Response,
    route: string,
    payloads: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const body = typeof payloads === 'string' ? payloads : JSON.stringify({ payloads })
    const all = { authorization: `Bearer ${token}`, 'x-namespace': 'default', ...headers }
    const url = `http://${pageHost}/codec/${route}`
    const response = await serve(new Request(url, { method: 'POST', headers: all, body }))
    return { response, text: await response.text() }
  }
  const claimOf = async (serve: (request: Request) => Promise<Response>) => {
    const { text } = await ask(serve, 'encode', [rawPayload(randomBytes(5000))])
    const { payloads } = JSON.parse(text) as { payloads: { data: string }[] }
    return JSON.parse(textOf(payloads[0]?.data)) as Readonly<Record<string, unknown>>
  }
  const claim = await claimOf(own)
  const foreign = await claimOf(other)
  return {
    store,
    claim,
    foreign,
    ask: (route: string, payloads: unknown, headers?: Readonly<Record<string, string>>) =>
      ask((request) => app.fetch(request), route, payloads, headers),
  }
}

function asPayload(claim: Readonly<Record<string, unknown>>) {
  return rawPayload(Buffer.from(JSON.stringify(claim)), 'json/claimcheck-v1')
}

describe('who asks the codec server of `claimcheck web` for what is not theirs', () => {
  it('gets nothing without the token, nor as a page of elsewhere', async () => {
    const { store, claim, ask } = await openBed()
    for (const route of ['decode', 'download', 'encode']) {
      const without = await ask(route, [asPayload(claim)], { authorization: '' })
      assert.equal(without.response.status, 401, route)
      for (const origin of ['https://evil.test', 'null', `http://${pageHost}`]) {
        const { response } = await ask(route, [asPayload(claim)], { origin })
        assert.equal(response.status, 403, `${route} ${origin}`)
        assert.equal(response.headers.get('access-control-allow-origin'), null)
      }
    }
    assert.deepEqual(store.read, [])
  })

  it('chooses no object by a claim: nothing is fetched, and nothing quoted', async () => {
    const { store, claim, foreign, ask } = await openBed()
    const { key, digest } = claim
    const forged: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      'a key beside the blobs': { ...claim, key: secret },
      'a key that climbs': { ...claim, key: `blobs/default/../../${secret}` },
      'a key from the top': { ...claim, key: `/${secret}` },
      'an address': { ...claim, key: 'http://169.254.169.254/latest/meta-data' },
      'an address of the store': { ...claim, key: `s3://other/${secret}` },
      'the digest of another blob': { ...claim, digest: 'a'.repeat(64) },
      'a key in capitals': {
        ...claim,
        key: String(key).replace(String(digest), String(digest).toUpperCase()),
      },
      'no length': { ...claim, sizeBytes: -1 },
      'a length that is none': { ...claim, sizeBytes: '5000' },
      'what no claim has': { ...claim, endpoint: 'http://evil.test' },
      'another namespace': foreign,
    }
    for (const [what, hostile] of Object.entries(forged)) {
      for (const route of ['decode', 'download', 'decode?preserveStorageRefs=true']) {
        const { response, text } = await ask(route, [asPayload(hostile)])
        // Decoding marks a payload that fails, so that it hides no other.
        const isShown = route.includes('?') && what === 'another namespace'
        assert.equal(response.status, route === 'download' ? 422 : 200, `${what} ${route}`)
        assert.doesNotMatch(text, /hunter2|evil\.test|169\.254/, what)
        if (route === 'download' || isShown) continue
        const [marked] = (JSON.parse(text) as { payloads: { metadata: object }[] }).payloads
        const code = Object(marked?.metadata)['claimcheck-error-code']
        assert.match(textOf(code ?? ''), /^CLAIM_(MALFORMED|FOREIGN)$/, `${what} ${route}`)
      }
    }
    assert.deepEqual(store.read, [])
  })

  it('has its own store asked, whatever bucket a claim names', async () => {
    const { store, claim, ask } = await openBed()
    const { response } = await ask('download', [asPayload({ ...claim, bucket: 'other' })])
    assert.equal(response.status, 200)
    assert.deepEqual(store.read, [claim['key']])
  })

  it('gets no more than an answer may hold, and never what is not what the claim says', async () => {
    const { store, claim, ask } = await openBed()
    const huge = await ask('download', [asPayload({ ...claim, sizeBytes: 2 * 1024 ** 3 })])
    assert.equal(huge.response.status, 413)
    const long = await ask('decode', `{"payloads":[],"x":"${'x'.repeat(50 * 1024 ** 2)}"}`)
    assert.equal(long.response.status, 413)
    assert.deepEqual(store.read, [])
    // Of a small claim no large object is read.
    const key = String(claim['key']) as ObjectKey
    const whole = await store.get(key)
    for (const body of [Buffer.alloc(8 * 1024 ** 2), Buffer.from(whole).fill(0, 40, 60)]) {
      await store.put(key, body, { contentType: 'x/y' })
      const { response, text } = await ask('download', [asPayload(claim)])
      assert.equal(response.status, 422)
      assert.match(text, /BLOB_DAMAGED/)
    }
  })
})

describe('who asks the pages for what is no object of this program', () => {
  it('is refused by the name alone', async () => {
    const store = new WatchedStore()
    await store.put(secret as ObjectKey, Buffer.from('hunter2'), { contentType: 'x/y' })
    const { app } = createPageApp({ directory: tmpdir(), services: { store } })
    const names = [
      secret,
      `/${secret}`,
      `../${secret}`,
      `s3://other/${secret}`,
      'http://evil.test/x',
    ]
    for (const name of [...names, `blobs/../${secret}`, `datasets/a/../../${secret}`, 'audit/x']) {
      for (const path of ['', '/-/download', '.json']) {
        const place = `/blobs/${encodeURIComponent(name)}${path}`
        const answer = await app.request(place, { headers: asBrowser })
        assert.equal(answer.status, 400, place)
        assert.doesNotMatch(await answer.text(), /hunter2/)
      }
    }
    assert.deepEqual(store.read, [])
  })
})
