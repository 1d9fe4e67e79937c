import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventStreams, type ServerEvent } from '../../../src/web/api/event-streams.ts'
import { startWebServer } from '../../../src/web/start-web-server.ts'
import { eventually } from '../../support/eventually.ts'

/** Yields what there is, and then waits until nobody listens. */
function then(first: readonly ServerEvent[]) {
  return async function* (signal: AbortSignal) {
    yield* first
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    }
  }
}

async function* only(...events: ServerEvent[]) {
  yield* events
}

describe('streams of events', () => {
  it('have each event with its number, and end', async () => {
    const streams = new EventStreams(new AbortController().signal)
    const response = streams.stream(() =>
      only({ event: 'progress', data: { rows: 1, text: 'a\nb' } }, { event: 'end', data: {} }),
    )
    const text = await response.text()
    assert.match(text, /^: .*\nretry: 2000\n\n/)
    assert.ok(
      text.endsWith(
        'id: 1\nevent: progress\ndata: {"rows":1,"text":"a\\nb"}\n\nid: 2\nevent: end\ndata: {}\n\n',
      ),
    )
    assert.equal(streams.open, 0)
  })

  it('show that they live while nothing happens', async () => {
    const server = new AbortController()
    const streams = new EventStreams(server.signal, { heartbeatMs: 1 })
    const response = streams.stream(then([]))
    let text = ''
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(
      new TextDecoderStream(),
    )) {
      text += chunk
      if (text.includes(': still here\n\n: still here\n\n')) server.abort()
    }
    assert.equal(streams.open, 0, 'the server has ended it')
  })

  it('ask for no more while the client does not read', async (context) => {
    const server = new AbortController()
    context.after(() => server.abort())
    const streams = new EventStreams(server.signal, { heartbeatMs: 1 })
    let asked = 0
    const { body } = streams.stream(async function* (signal) {
      for (; !signal.aborted; asked += 1) {
        yield { event: 'progress', data: { asked } }
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    for (let turn = 0; turn < 50; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal(asked, 0)
    let text = ''
    for await (const chunk of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes('data: {"asked":9}')) server.abort()
    }
    assert.equal(streams.open, 0)
  })

  it('are bounded, and one that the client leaves makes room', async () => {
    const server = new AbortController()
    const streams = new EventStreams(server.signal, { maxStreams: 2 })
    const first = streams.stream(then([]))
    streams.stream(then([]))
    assert.throws(() => streams.stream(then([])), { code: 'STREAMS_BUSY' })
    await first.body?.cancel()
    await eventually('room', async () => (streams.open === 1 ? true : undefined))
    streams.stream(then([]))
    server.abort()
    await eventually('the end of all', async () => (streams.open === 0 ? true : undefined))
  })

  it('end with the connection of the client', async () => {
    const streams = new EventStreams(new AbortController().signal)
    const server = await startWebServer({
      host: '127.0.0.1',
      port: 0,
      fetch: () => streams.stream(then([])),
    })
    try {
      const client = new AbortController()
      await fetch(server.url, { signal: client.signal })
      assert.equal(streams.open, 1)
      client.abort()
      await eventually('the end', async () => (streams.open === 0 ? true : undefined))
    } finally {
      await server.stop()
    }
  })

  it('say what they failed for, and nothing of a defect', async () => {
    const streams = new EventStreams(new AbortController().signal)
    const response = streams.stream(async function* () {
      yield { event: 'progress', data: {} }
      throw new Error('hunter2')
    })
    const text = await response.text()
    assert.match(text, /event: error\ndata: \{"code":"WEB_FAILED"/)
    assert.doesNotMatch(text, /hunter2/)
    assert.equal(streams.open, 0)
  })
})
