import { EndpointError } from '../../activities/endpoint-error.ts'
import { PipelineError } from '../../activities/pipeline-error.ts'
import type { EndpointAnswer, EndpointCall, EndpointCaller } from '../../activities/index.ts'
import { Agents } from './agents.ts'
import { decodeBody } from './decode-body.ts'
import { baseReference, endpointProblem } from './endpoint-problem.ts'
import { errorCode } from './error-code.ts'
import type { HostList } from './host-list.ts'
import { httpAddress } from './http-address.ts'
import { receiveAnswer, type Exchange, type HttpAnswer } from './receive-answer.ts'
import { repeatedReference } from './repeated-reference.ts'
import { resolveReferences, shownUrl, type Environment } from './resolve-references.ts'
import { retryAfterMs } from './retry-after.ts'
import { sourceHeaders } from './source-headers.ts'
import { SourceHosts, type Hop, type Resolve } from './source-hosts.ts'
import { within } from './within.ts'

const usualTimeoutMs = 30_000
const maxBodyBytes = 16 * 1024 ** 2
const longestWaitMs = 24 * 3_600_000

export interface EndpointCallerOptions {
  /** Where `${ENDPOINT_…}` references are looked up. */
  readonly environment: Environment
  /** The only hosts that may be called. @default those that a reference names, and what is public */
  readonly allowedHosts?: HostList | undefined
  /** Looks names up. @default dns.lookup */
  readonly resolve?: Resolve
}

/** Calls services over HTTP. No redirect is followed: it would take what is sent elsewhere. */
export function createEndpointCaller({
  environment,
  allowedHosts,
  resolve,
}: EndpointCallerOptions): EndpointCaller & { close(): void } {
  const agents = new Agents()
  const hosts = new SourceHosts(allowedHosts, resolve)
  return {
    async call(call, signal) {
      const problem = endpointProblem(call)
      if (problem !== undefined) throw invalid(problem)
      const { timeoutMs = usualTimeoutMs } = call
      const shown = shownUrl(call.url, environment)
      const url = httpAddress(resolveReferences(call.url, environment), 'the URL', { url: shown })
      const isNamed = baseReference(call.url) !== undefined
      const answer = await within(timeoutMs, (deadline) =>
        receive(
          { url, isNamed, shown },
          {
            ...sent(call, environment),
            hosts,
            agents,
            signal,
            deadline,
            maxBytes: maxBodyBytes,
            idleTimeoutMs: timeoutMs,
          },
        ),
      )
      refuseSecrets(call, answer, environment)
      return toAnswer(answer, shown)
    },
    close() {
      agents.close()
    },
  }
}

function sent(
  call: EndpointCall,
  environment: Environment,
): Pick<Exchange, 'method' | 'headers' | 'body'> {
  const { method, body, headers = {}, idempotencyKey } = call
  const own = sourceHeaders({ headers, auth: undefined }, environment)
  const isJson = body !== undefined && typeof body !== 'string'
  const text = isJson ? JSON.stringify(body) : body
  // By itself Node announces no body of GET and DELETE: it would be taken for the next request.
  const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }
  return {
    method,
    body: text,
    headers: {
      'accept-encoding': 'identity',
      ...length,
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...own,
    },
  }
}

async function receive(hop: Hop, exchange: Exchange): Promise<HttpAnswer> {
  const { shown } = hop
  try {
    const answer = await receiveAnswer(hop, exchange)
    // A body that is gzip by its nature is the service's own affair.
    if (answer.headers['content-encoding'] === undefined) return answer
    return await decodeBody(answer, { maxBytes: exchange.maxBytes, shown })
  } catch (cause) {
    exchange.signal.throwIfAborted()
    throw failure(cause, shown, exchange.deadline.aborted)
  }
}

function failure(cause: unknown, shown: string, isLate: boolean): EndpointError {
  const at = { url: shown }
  if (cause instanceof PipelineError && cause.code === 'SOURCE_HOST_REFUSED') {
    return new EndpointError('ENDPOINT_HOST_REFUSED', 'the host of the call may not be asked', {
      at,
      remedy:
        'A host in a private network has to be named by a variable ${ENDPOINT_…} of the worker; where CLAIMCHECK_SOURCE_HOSTS is set, list the host there.',
    })
  }
  if (cause instanceof PipelineError && cause.code === 'PAGE_TOO_LARGE') {
    return new EndpointError('ENDPOINT_TOO_LARGE', `the answer is over ${maxBodyBytes} bytes`, {
      at,
      remedy: 'Ask for less; a source of a pipeline takes bodies of any size.',
    })
  }
  const why = isLate
    ? 'it takes longer than `timeoutMs`'
    : (errorCode(cause) ?? (cause instanceof Error ? cause.message : 'unknown'))
  return new EndpointError('ENDPOINT_UNREACHABLE', `the endpoint did not answer in full (${why})`, {
    at,
    remedy: 'Check that the service is up and that its address is right.',
    retryable: true,
    cause,
  })
}

/** An answer goes into the history: a service that sends back what it was sent must not put a secret there. */
function refuseSecrets(call: EndpointCall, answer: HttpAnswer, environment: Environment): void {
  const { url, headers = {} } = call
  const texts = [answer.body.toString('utf8'), answer.headers['content-type'] ?? '']
  const base = baseReference(url)
  const secrets =
    base === undefined ? environment : { ...environment, [base]: withoutPath(environment[base]) }
  const name = repeatedReference(texts, [url, ...Object.values(headers)].join('\n'), secrets)
  if (name === undefined) return
  throw new EndpointError('ENDPOINT_SECRET_REPEATED', `the answer repeats \${${name}}`, {
    at: { url: shownUrl(url, environment) },
    remedy: 'Call an endpoint that does not send back what it is sent; the call itself was made.',
  })
}

/** The path of a service's own address stands in its links. */
function withoutPath(text = ''): string {
  const url = URL.parse(text)
  if (url === null) return text
  url.pathname = ''
  return url.href
}

function toAnswer({ status, headers, body }: HttpAnswer, shown: string): EndpointAnswer {
  const wait = retryAfterMs(headers['retry-after'], Date.now(), longestWaitMs)
  return { status, contentType: headers['content-type'], retryAfterMs: wait, body, shown }
}

function invalid(problem: string): EndpointError {
  return new EndpointError('ENDPOINT_INVALID', `The call cannot be made: ${problem}`, {
    remedy: 'Correct the call.',
  })
}
