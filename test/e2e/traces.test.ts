import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { z } from 'zod'
import { openLoadBed } from '../support/load-bed.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'

/** What OTLP sends as JSON (opentelemetry.io, "OTLP specification"), as far as it is looked at. */
const traces = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({ spans: z.array(z.object({ traceId: z.string(), name: z.string() })) }),
      ),
    }),
  ),
})

test('a run is one trace of its activities, where a collector is named', async () => {
  const received: unknown[] = []
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push(await json(request))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
  const collector = createServer((request, response) => void receive(request, response))
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  const address = collector.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const bed = await openLoadBed()
  try {
    const name = uniqueName('flights')
    await bed.writeFlights({ name })
    const worker = await bed.startWorker({
      CLAIMCHECK_TRACES_URL: `http://127.0.0.1:${port}/v1/traces`,
    })
    await (await bed.start(name, '2001-01-01T06')).result()
    // What is left is sent when it ends.
    await worker.stop()
  } finally {
    await bed.close()
    collector.close()
  }
  const spans = received.flatMap((body) =>
    traces
      .parse(body)
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  )
  const names = new Set(spans.map((span) => span.name))
  for (const expected of [
    'RunWorkflow:bulkLoad',
    'RunActivity:fetchBatch',
    'RunActivity:publishLoad',
  ]) {
    assert.ok(names.has(expected), [...names].join(', '))
  }
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1)
})
