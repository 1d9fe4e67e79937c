import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { isClaimPayload } from '../../codec/index.ts'
import { answerOnce, type EarlierTry } from '../../src/client/answer-once.ts'
import { startLoadSince } from '../../src/client/start-load-since.ts'
import { startLoad } from '../../src/client/start-load.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import { ApiClient, runPath, type ServerSentEvent } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { chainOfHistories, historyText, payloadsOf } from '../support/run-histories.ts'
import { startWebProcess, type WebProcess } from '../support/web-process.ts'

const partition = '2001-01-01T06'
const secret = 'token-of-the-service-7f3a'
/** No text, and nothing that compression makes small. */
const bigBody = Buffer.concat([Buffer.from([0xff]), randomBytes(1024 ** 2)])

describe('the HTTP API', () => {
  let bed: LoadBed
  let web: WebProcess
  let api: ApiClient
  let service: Server
  let asked: IncomingMessage[] = []
  let stopped: Promise<number | null> | undefined
  before(async () => {
    bed = await openLoadBed()
    service = createServer((request, response) => {
      asked.push(request)
      const isFirst = asked.length === 1
      if (request.url === '/flaky' && isFirst) {
        response.writeHead(503, { 'retry-after': '0' }).end('busy')
      } else if (request.url === '/missing') response.writeHead(404).end('no')
      else response.writeHead(200, { 'content-type': 'application/x-thing' }).end(bigBody)
    })
    service.listen(0, '127.0.0.1')
    await once(service, 'listening')
    const address = service.address()
    const serviceUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const [, started] = await Promise.all([
      bed.startWorker({ ENDPOINT_URL: serviceUrl, ENDPOINT_TOKEN: secret }),
      startWebProcess(bed.environment),
    ])
    web = started
    api = await ApiClient.open(web.url)
  })
  after(async () => {
    await (stopped ?? web?.stop())
    service?.close()
    await bed?.close()
  })
  beforeEach(() => {
    bed.source.setFaults({})
    asked = []
  })

  async function newPipeline(): Promise<string> {
    const name = uniqueName('flights')
    await bed.writeFlights({ name, perPage: 50, limits: { batch_bytes: '20KiB' } })
    return name
  }

  it('starts every pipeline in its order; a broken file does not keep the others', async () => {
    const upstream = await newPipeline()
    const slice = '2001-01-03T05'
    const first = await api.post(`/etl/${upstream}`, { partition: slice })
    await api.ended(`etl/${upstream}/${slice}`)
    const name = `a-${upstream}`
    await bed.writeFlights({ name, perPage: 50 })
    await appendFile(join(bed.pipelines, `${name}.yaml`), `after: [${upstream}]\n`)
    const broken = uniqueName('broken')
    await writePipeline(bed.pipelines, broken, { name: broken })

    const { body: listed } = await api.get('/pipelines')
    assert.ok(Array.isArray(listed['pipelines']))
    const problems = listed['pipelines'].map(({ name: of, problem }) => [of, problem?.code])
    assert.deepEqual(
      problems.filter(([of]) => [broken, name, upstream].includes(of)),
      [
        [name, undefined],
        [broken, 'PIPELINE_INVALID'],
        [upstream, undefined],
      ],
    )

    const key = { 'idempotency-key': uniqueName('key') }
    const { status, headers, body } = await api.post('/etl', { partition: slice }, key)
    const workflowId = `graph/all/${slice}`
    assert.deepEqual([status, body['workflowId'], body['joined']], [202, workflowId, false])
    assert.equal(headers.get('location'), runPath(workflowId))
    const { state, result } = await api.ended(workflowId)
    assert.deepEqual(
      [state, Object(result).loads],
      ['completed', { [name]: 'loaded', [upstream]: 'loaded' }],
    )
    const { body: run } = await api.get(runPath(`etl/${upstream}/${slice}`))
    assert.equal(run['runId'], first.body['runId'], 'what is loaded is left as it is')
    const again = await api.post('/etl', { partition: slice }, key)
    assert.deepEqual(again.body, body)
    const refused = Array.isArray(body['refused']) ? body['refused'].map(Object) : []
    assert.deepEqual(
      refused.map(({ pipeline, code }) => [pipeline, code]),
      [[broken, 'PIPELINE_INVALID']],
    )
    for (const file of [broken, name, upstream]) await rm(join(bed.pipelines, `${file}.yaml`))
  })

  it('starts a load, follows it by events, shows and lists it', async () => {
    const name = await newPipeline()
    bed.source.setFaults({ latencyMs: 60 })
    const { status, headers, body } = await api.post(`/etl/${name}`, { partition })
    assert.equal(status, 202)
    const workflowId = `etl/${name}/${partition}`
    assert.deepEqual(body, { workflowId, runId: body['runId'], joined: false })
    assert.equal(headers.get('location'), runPath(workflowId))
    const again = await api.post(`/etl/${name}`, { partition })
    assert.deepEqual(again.body, { ...body, joined: true })

    const events = await Array.fromAsync(
      api.events(`${runPath(workflowId)}/events`, { 'last-event-id': '7' }),
    )
    assert.ok(events.length > 2, 'progress was seen')
    const last = events.at(-1)
    assert.equal(last?.event, 'end')
    assert.equal(last.data['state'], 'completed')

    const { body: run } = await api.get(`${runPath(workflowId)}?histories=true`)
    const [{ rows } = { rows: 0 }] = await bed.database.query<{ rows: number }>(
      `SELECT count(*)::int AS rows FROM ${tableOf(name)}`,
    )
    assert.ok(rows > 500)
    const { result, links, histories } = run
    assert.deepEqual(result, { ...Object(result), rows })
    assert.deepEqual(histories, [
      { runId: run['runId'], bytes: run['historyBytes'], events: run['historyEvents'] },
    ])
    assert.match(String(Object(links).events), /\/runs\/etl%2F.*\/events$/)

    const listed = await eventually('the run in the list', async () => {
      const query = `pipeline=${name}&partition=${partition}&state=completed`
      const { body: page } = await api.get(`/runs?${query}`)
      return Array.isArray(page['runs']) && page['runs'].length > 0 ? page['runs'] : undefined
    })
    const { latestRunId } = run
    assert.deepEqual(listed.map(Object), [
      { ...listed[0], workflowId, latestRunId, type: 'bulkLoad' },
    ])
    const first = await api.get('/runs?limit=1')
    const second = await api.get(`/runs?limit=1&next=${String(first.body['next'])}`)
    assert.notDeepEqual(first.body['runs'], second.body['runs'])
  })

  it('answers an idempotency key with the same run, also when that has ended', async () => {
    const name = await newPipeline()
    const key = { 'idempotency-key': uniqueName('key') }
    const [one, other] = await Promise.all([
      api.post(`/etl/${name}`, { partition }, key),
      api.post(`/etl/${name}`, { partition }, key),
    ])
    const { workflowId, runId } = one.body
    assert.equal(other.body['runId'], runId)
    await api.ended(String(workflowId))
    const anew = await api.post(`/etl/${name}`, { partition })
    assert.notEqual(anew.body['runId'], runId, 'without a key it is loaded again')
    const later = await api.post(`/etl/${name}`, { partition }, key)
    assert.equal(later.body['runId'], runId)

    const different = await api.post(`/etl/${name}`, { partition: '2001-01-01T07' }, key)
    assert.equal(different.status, 422)
    assert.equal(different.body['code'], 'IDEMPOTENCY_KEY_REUSED')
  })

  it('takes the run of a try that broke off before it was answered for its own', async () => {
    const name = await newPipeline()
    const definition = await loadPipeline(name, [bed.pipelines])
    const { taskQueue } = readSettings(bed.environment)
    const request = { definition, partition, requestedAt: new Date(), taskQueue }
    const tryOnce = (act: (earlier: EarlierTry | undefined) => Promise<unknown>) =>
      answerOnce(bed.client, {
        key: name,
        request: name,
        taskQueue,
        act,
        answerSchema: z.unknown(),
      })
    let runId: string | undefined
    await assert.rejects(
      tryOnce(async () => {
        const load = await startLoad(bed.client, request)
        runId = load.runId
        await load.result()
        throw new Error('broken off')
      }),
    )
    const again = await tryOnce((earlier) => startLoadSince(bed.client, request, earlier?.since))
    assert.deepEqual(again, { workflowId: `etl/${name}/${partition}`, runId, joined: false })
  })

  it('pauses, resumes and cancels what runs, and nothing that has ended', async () => {
    const name = await newPipeline()
    bed.source.setFaults({ latencyMs: 300 })
    const { body } = await api.post(`/etl/${name}`, { partition })
    const path = runPath(String(body['workflowId']))
    for (const [control, paused] of [
      ['pause', true],
      ['resume', false],
    ] as const) {
      assert.equal((await api.post(`${path}/${control}`)).status, 202)
      await eventually(control, async () => {
        const { body: run } = await api.get(path)
        return (Object(run['progress']).paused ?? false) === paused ? true : undefined
      })
    }
    for (const wrong of [{}, { itemsInFlight: 0 }, { batchesInFlight: 65 }, { batches: 1 }]) {
      assert.equal((await api.post(`${path}/concurrency`, wrong)).body['code'], 'REQUEST_INVALID')
    }
    const unheeded = await api.post(`${path}/concurrency`, { batchesInFlight: 2, itemsInFlight: 2 })
    assert.deepEqual([unheeded.status, unheeded.body['code']], [409, 'RUN_WITHOUT_CONCURRENCY'])
    const wanted = { batchesInFlight: 3 }
    assert.equal((await api.post(`${path}/concurrency`, wanted)).status, 202)
    await eventually('the concurrency', async () => {
      const { controls } = Object((await api.get(path)).body['progress'])
      return isDeepStrictEqual(controls, { ...wanted, paused: false, changes: 3 }) || undefined
    })
    assert.equal((await api.post(`${path}/cancel`)).status, 202)
    const ended = await api.ended(String(body['workflowId']))
    assert.equal(ended['state'], 'cancelled')
    assert.equal(Object(ended['failure']).code, 'RUN_FAILED')
    const late = await api.post(`${path}/pause`)
    assert.deepEqual([late.status, late.body['code']], [409, 'RUN_ENDED'])
    const { body: events } = { body: await Array.fromAsync(api.events(`${path}/events`)) }
    assert.deepEqual(
      events.map(({ event }) => event),
      ['end'],
    )
  })

  it('calls a service until it is well; the body is claimed, and no secret is in the history', async () => {
    const key = { 'idempotency-key': uniqueName('key') }
    const call = {
      method: 'POST',
      url: '${ENDPOINT_URL}/flaky',
      headers: { authorization: 'Bearer ${ENDPOINT_TOKEN}' },
      body: { rows: [1, 2] },
    }
    const started = await api.post('/call', call, key)
    assert.equal(started.status, 202)
    const workflowId = String(started.body['workflowId'])
    const run = await api.ended(workflowId)
    assert.deepEqual(run['failure'] ?? run['result'], {
      status: 200,
      contentType: 'application/x-thing',
      encoding: 'base64',
      bodyBytes: bigBody.length,
    })
    assert.deepEqual(await api.bytes(`${runPath(workflowId)}/body`), bigBody)

    const [first, second] = asked
    assert.equal(asked.length, 2)
    assert.equal(second?.headers.authorization, `Bearer ${secret}`)
    assert.equal(second.headers['idempotency-key'], started.body['runId'])
    assert.equal(first?.headers['idempotency-key'], second.headers['idempotency-key'])

    const histories = await chainOfHistories(bed.client, workflowId, String(started.body['runId']))
    assert.doesNotMatch(historyText(histories), new RegExp(secret))
    assert.equal(payloadsOf(histories).filter(isClaimPayload).length, 2)

    assert.deepEqual((await api.post('/call', call, key)).body, started.body)
    const different = await api.post('/call', { ...call, method: 'PUT' }, key)
    assert.equal(different.body['code'], 'IDEMPOTENCY_KEY_REUSED')
    assert.equal(asked.length, 2, 'it was not called again')
    const pause = await api.post(`${runPath(workflowId)}/pause`)
    assert.equal(pause.status, 409)
  })

  it('says what a call was refused for, without trying again', async () => {
    const { body } = await api.post('/call', { method: 'GET', url: '${ENDPOINT_URL}/missing' })
    const run = await api.ended(String(body['workflowId']))
    assert.equal(run['state'], 'failed')
    assert.equal(Object(run['failure']).code, 'ENDPOINT_REFUSED')
    assert.equal(asked.length, 1)
    const none = await api.get(`${runPath(String(body['workflowId']))}/body`)
    assert.deepEqual([none.status, none.body['code']], [409, 'RUN_WITHOUT_BODY'])

    // A schedule that somebody has made by hand may have been told anything.
    const taskQueue = bed.environment['CLAIMCHECK_TASK_QUEUE'] ?? ''
    const runs = [null, { method: 'GET', url: '${ENDPOINT_URL}/x', attempts: -1 }].map((call) => {
      const workflowId = `call/${uniqueName('by-hand')}`
      return bed.client.workflow.start('callEndpoint', { workflowId, taskQueue, args: [call] })
    })
    for (const { workflowId } of await Promise.all(runs)) {
      const { failure } = await api.ended(workflowId)
      assert.equal(Object(failure).code, 'ENDPOINT_INVALID')
    }
    assert.equal(asked.length, 1)
  })

  it('makes schedules what the files say, and says what was due', async () => {
    const name = uniqueName('scheduled')
    const source = { kind: 'http', url: 'http://127.0.0.1:1/', next: { kind: 'none' } }
    await writePipeline(bed.pipelines, name, {
      name,
      source: { ...source, format: 'ndjson' },
      columns: { id: { type: 'integer', key: true } },
      target: { kind: 'postgres', table: tableOf(name), mode: 'append' },
      schedule: { at: '02:00', timezone: 'Europe/Oslo' },
    })
    const created = await api.post(`/schedule/${name}`)
    assert.deepEqual(created.body, { pipeline: name, outcome: 'created' })
    const { body: all } = await api.post('/schedule-all', {})
    const schedules = [{ pipeline: name, outcome: 'unchanged' }]
    assert.deepEqual(all, { schedules, refused: [], withoutFile: [] })
    const { body: listed } = await api.get('/schedules')
    assert.ok(Array.isArray(listed['schedules']))
    const [status] = listed['schedules'].map(Object)
    assert.deepEqual(
      [status.pipeline, status.paused, status.timezone, status.notLoaded],
      [name, false, 'Europe/Oslo', []],
    )
    await rm(join(bed.pipelines, `${name}.yaml`))
    const left = await eventually('a schedule in the list', async () => {
      const { body } = await api.post('/schedule-all', {})
      return Array.isArray(body['withoutFile']) && body['withoutFile'].length > 0 ? body : undefined
    })
    assert.deepEqual(left, { schedules: [], refused: [], withoutFile: [name] })
    const without = await api.post(`/schedule/${await newPipeline()}`)
    assert.deepEqual([without.status, without.body['code']], [409, 'PIPELINE_INVALID'])
    await bed.client.schedule.getHandle(`schedule/${name}`).delete()
  })

  it('begins a backfill and plans a load again, and says how they ended', async () => {
    const name = await newPipeline()
    const range = { from: '2001-01-01T06', to: '2001-01-01T07' }
    const { status, headers, body } = await api.post(`/backfill/${name}`, range)
    const workflowId = `backfill/${name}/${range.from}..${range.to}`
    assert.deepEqual([status, body['workflowId'], body['planned']], [202, workflowId, 2])
    assert.equal(headers.get('location'), runPath(workflowId))
    const { state, result } = await api.ended(workflowId)
    assert.equal(state, 'completed')
    const ended = { planned: 2, loaded: 2, skipped: 0, failed: 0, failures: [], left: 0 }
    assert.deepEqual(result, ended)
    const newest = await api.post(`/backfill/${name}`, { ...range, order: 'newest-first' })
    assert.deepEqual([newest.status, newest.body['code']], [400, 'BACKFILL_INVALID'])

    const again = await api.post(`/reprocess/${name}`, { partition: range.from, plan: true })
    assert.equal(again.status, 202)
    const planned = await api.ended(String(again.body['workflowId']))
    const { rowsInserted, rowsUpdated } = Object(Object(planned.result).counts)
    assert.deepEqual([planned.state, rowsInserted, rowsUpdated], ['completed', 0, 0])
  })

  it('refuses what it cannot do with a code and a status', async () => {
    const name = await newPipeline()
    const refusals: [Promise<{ status: number; body: Record<string, unknown> }>, number, string][] =
      [
        [api.post('/etl/none', { partition }), 404, 'PIPELINE_NOT_FOUND'],
        [api.post(`/etl/${name}`, { partition: 'June' }), 400, 'PARTITION_INVALID'],
        [api.post('/reprocess/none', { partition }), 404, 'PIPELINE_NOT_FOUND'],
        [api.post(`/reprocess/${name}`, { partition: '1999' }), 404, 'DATASET_NOT_FOUND'],
        [api.post(`/reprocess/${name}`, { partition, target: 'a.b.c' }), 400, 'TARGET_INVALID'],
        [api.get('/runs/etl%2Fnone%2F2001'), 404, 'RUN_NOT_FOUND'],
        [api.post('/runs/etl%2Fnone%2F2001/cancel'), 404, 'RUN_NOT_FOUND'],
        [api.get(runPath('é'.repeat(501))), 404, 'RUN_NOT_FOUND'],
        [api.get('/runs?next=bm8'), 400, 'PAGE_TOKEN_INVALID'],
        [api.get('/runs/etl%2Fnone%2F2001/events'), 404, 'RUN_NOT_FOUND'],
      ]
    for (const [answer, status, code] of refusals) {
      const { status: given, body } = await answer
      assert.deepEqual([given, body['code']], [status, code])
    }
  })

  it('has answered by every route, as its document says', () => {
    assert.deepEqual(
      api.operations.filter((operation) => !api.seen.has(operation)),
      [],
    )
  })

  it('ends its streams when it stops', async () => {
    const name = await newPipeline()
    bed.source.setFaults({ latencyMs: 1_000 })
    const { workflowId } = await bed.start(name, partition)
    const events: ServerSentEvent[] = []
    for await (const event of api.events(`${runPath(workflowId)}/events`)) {
      events.push(event)
      if (events.length === 1) stopped = web.stop()
    }
    assert.equal(await stopped, 0)
    assert.ok(events.every(({ event }) => event === 'progress'))
    await bed.client.workflow.getHandle(workflowId).terminate()
  })
})
