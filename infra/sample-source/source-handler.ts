import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerBody } from './answer-body.ts'
import { parseInput } from './bad-request.ts'
import { FaultInjector } from './fault-injector.ts'
import { faultPlan, type FaultPlanInput } from './fault-plan.ts'
import { readJsonBody } from './read-json-body.ts'
import { RequestStats } from './request-stats.ts'
import { SampleSourceError } from './sample-source-error.ts'
import { selectRows, type SourceTables } from './select-rows.ts'
import { sendBody } from './send-body.ts'
import { sendError, sendJson } from './send-json.ts'

/** Answers the requests to a sample source. */
export class SourceHandler {
  readonly stats = new RequestStats()
  readonly #tables: SourceTables
  #faults: FaultInjector

  /** @throws SampleSourceError SAMPLE_REQUEST_INVALID where the faults are not a plan. */
  constructor(tables: SourceTables, faults: FaultPlanInput) {
    this.#tables = tables
    this.#faults = new FaultInjector(parseInput(faultPlan, faults))
  }

  /** Replaces the fault plan; its counts begin anew. */
  setFaults(faults: unknown): void {
    this.#faults = new FaultInjector(parseInput(faultPlan, faults))
  }

  /** Answers one request; never throws. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = URL.parse(request.url ?? '/', 'http://source.invalid')
      if (!url) sendError(response, 400, { code: 'BAD_URL', message: 'the URL cannot be read' })
      else if (url.pathname.startsWith('/-/')) await this.#control(url.pathname, request, response)
      else await this.#serve(url, request, response)
    } catch (error) {
      answerFailure(response, error)
    }
  }

  async #serve(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { stats } = this
    stats.arrived()
    response.once('finish', () => stats.answered(response.statusCode))
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuseMethod(response, 'GET, HEAD')
    }
    const selection = selectRows(this.#tables, url)
    if (!selection) return sendNotFound(response)

    const isHead = request.method === 'HEAD'
    const page = isHead ? undefined : stats.pageRequested(selection.key)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const verdict = this.#faults.decide(decoded(url), selection)
    if (verdict.latencyMs > 0) await sleep(verdict.latencyMs, undefined, { signal: gone.signal })

    const { breakage } = verdict
    if (breakage?.kind === 'status') {
      const retryAfter = breakage.retryAfterSeconds
      const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
      const error = { code: 'SAMPLE_FAULT', message: 'this answer was asked for by a fault rule' }
      return sendError(response, breakage.status, error, headers)
    }
    const { link } = selection
    if (link !== null) response.setHeader('link', `<${link}>; rel="next"`)
    const body = await answerBody(selection, verdict.damages)
    if (isHead) {
      response.setHeader('content-type', body.contentType)
      response.setHeader('content-length', body.byteLength)
      response.end()
      return
    }
    response.once('finish', () => page?.completed())
    await sendBody({
      response,
      body,
      interruption: breakage,
      gone: gone.signal,
      served: (bytes) => stats.served(bytes),
    })
  }

  async #control(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
    switch (path) {
      case '/-/health':
        if (method !== 'GET') return refuseMethod(response, 'GET, HEAD')
        return sendJson(response, 200, { status: 'ok' })
      case '/-/stats':
        if (method === 'DELETE') this.stats.reset()
        else if (method !== 'GET') return refuseMethod(response, 'GET, HEAD, DELETE')
        return sendJson(response, 200, this.stats.snapshot())
      case '/-/faults':
        if (method === 'PUT') this.setFaults(await readJsonBody(request))
        else if (method === 'DELETE') this.setFaults({})
        else if (method !== 'GET') return refuseMethod(response, 'GET, HEAD, PUT, DELETE')
        return sendJson(response, 200, this.#faults.describe())
      default:
        return sendNotFound(response)
    }
  }
}

function decoded({ pathname, search }: URL): string {
  try {
    return decodeURIComponent(pathname + search)
  } catch {
    return pathname + search
  }
}

function sendNotFound(response: ServerResponse): void {
  sendError(response, 404, { code: 'NOT_FOUND', message: 'there is no such path' })
}

function refuseMethod(response: ServerResponse, allow: string): void {
  const message = `this path takes ${allow}`
  sendError(response, 405, { code: 'METHOD_NOT_ALLOWED', message }, { allow })
}

function answerFailure(response: ServerResponse, error: unknown): void {
  // Once the headers are out only the connection can tell the client that something is wrong.
  if (response.headersSent || response.destroyed) {
    response.destroy()
  } else if (error instanceof SampleSourceError) {
    const status = error.code === 'SAMPLE_REQUEST_TOO_LARGE' ? 413 : 400
    const close: Record<string, string> = status === 413 ? { connection: 'close' } : {}
    sendError(response, status, { code: error.code, message: error.message }, close)
  } else {
    const message = error instanceof Error ? error.message : String(error)
    sendError(response, 500, { code: 'SAMPLE_SOURCE_FAILED', message })
  }
}
