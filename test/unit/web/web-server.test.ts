import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import pino from 'pino'
import { toBase64, toPayloadJson, type PayloadJson } from '../../../codec/payload-json.ts'
import { sealPayload } from '../../../codec/sealed-payload.ts'
import { runWeb, type RunWebOptions } from '../../../src/web/run-web.ts'
import { startWebServer } from '../../../src/web/start-web-server.ts'

const addresses: RunWebOptions['addresses'] = {
  temporal: { address: '127.0.0.1:1', namespace: 'default', uiUrl: 'http://127.0.0.1:8233' },
  // Nobody is there: payloads that stay inline need no store.
  store: { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', bucket: 'claimcheck' },
}

async function whileServing(
  web: Partial<RunWebOptions['web']>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const controller = new AbortController()
  const ready = Promise.withResolvers<string>()
  const running = runWeb({
    addresses,
    payloads: { thresholdBytes: 131_072 },
    web: { host: '127.0.0.1', port: 0, ...web },
    directories: [],
    environment: {},
    taskQueue: 'claimcheck',
    logger: pino({ level: 'silent' }),
    onReady: ready.resolve,
    signal: controller.signal,
  })
  try {
    await work(await Promise.race([ready.promise, running.then(() => 'ended')]))
  } finally {
    controller.abort()
    await running
  }
}

async function decode(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body: object = { payloads: [] },
): Promise<Response> {
  return fetch(`${url}/codec/decode`, {
    method: 'POST',
    headers: { 'x-namespace': 'default', ...headers },
    body: JSON.stringify(body),
  })
}

describe('claimcheck web', () => {
  it('is healthy, and serves the codec of the namespace', async () => {
    await whileServing({}, async (url) => {
      assert.deepEqual(await (await fetch(`${url}/-/health`)).json(), { status: 'ok' })
      assert.equal((await decode(url)).status, 200)
      assert.equal((await decode(url, { 'x-namespace': 'other' })).status, 400)
      assert.equal((await fetch(`${url}/other`)).status, 404)
    })
  })

  it('lets the embedded Temporal UI ask, under both names, unless others are set', async () => {
    await whileServing({}, async (url) => {
      for (const origin of ['http://127.0.0.1:8233', 'http://localhost:8233']) {
        assert.equal((await decode(url, { origin })).status, 200)
      }
    })
    await whileServing({ origins: ['https://ui.example'] }, async (url) => {
      assert.equal((await decode(url, { origin: 'http://127.0.0.1:8233' })).status, 403)
      assert.equal((await decode(url, { origin: 'https://ui.example' })).status, 200)
    })
  })

  it('asks for the token where one is set, beyond this machine too', async () => {
    await whileServing({ host: '0.0.0.0', token: 'right' }, async (url) => {
      const here = url.replace('0.0.0.0', '127.0.0.1')
      assert.equal((await decode(here)).status, 401)
      assert.equal((await decode(here, { authorization: 'Bearer right' })).status, 200)
      assert.equal((await fetch(`${here}/-/health`)).status, 200)
    })
  })

  for (const host of ['0.0.0.0', '::', '192.0.2.1', '127.0.0.1.example', 'example.com']) {
    it(`without a token it does not listen at ${host}`, async () => {
      await assert.rejects(
        whileServing({ host }, async () => undefined),
        { code: 'WEB_SETTING_MISSING' },
      )
    })
  }

  it('inflates no payload beyond what it would answer', async () => {
    const zeros = Buffer.alloc(65 * 1024 ** 2)
    const bomb = sealPayload({ metadata: {}, data: zeros }, undefined)
    await whileServing({}, async (url) => {
      const answer = await decode(url, {}, { payloads: [toPayloadJson(bomb)] })
      const { payloads } = (await answer.json()) as { payloads: PayloadJson[] }
      const [marked] = payloads
      assert.ok(marked)
      assert.equal(marked.data, toPayloadJson(bomb).data)
      assert.equal(marked.metadata?.['claimcheck-error-code'], toBase64('PAYLOAD_DAMAGED'))
    })
  })

  it('says which port is taken', async () => {
    await whileServing({}, async (url) => {
      const port = Number(new URL(url).port)
      await assert.rejects(
        whileServing({ port }, async () => undefined),
        { code: 'WEB_ADDRESS_UNUSABLE', message: /reason=EADDRINUSE/ },
      )
    })
  })

  it('lets a request that is under way finish when it stops', async () => {
    const arrived = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const server = await startWebServer({
      host: '127.0.0.1',
      port: 0,
      async fetch() {
        arrived.resolve()
        await goOn.promise
        return new Response('whole')
      },
    })
    const answer = fetch(server.url)
    await arrived.promise
    const stopped = server.stop()
    await assert.rejects(fetch(server.url))
    goOn.resolve()
    assert.equal(await (await answer).text(), 'whole')
    await stopped
  })
})
