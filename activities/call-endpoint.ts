import { isUtf8 } from 'node:buffer'
import type { Attempt } from './activity-ports.ts'
import type {
  EndpointAnswer,
  EndpointCall,
  EndpointPorts,
  EndpointResult,
} from './endpoint-call.ts'
import { EndpointError } from './endpoint-error.ts'

/**
 * Calls a service once. One that is busy or ill is retryable, after the time that it asks for; any
 * other answer that is not expected is final.
 *
 * @throws EndpointError ENDPOINT_UNREACHABLE, ENDPOINT_REFUSED, and those of `EndpointCaller`
 */
export async function callEndpoint(
  { endpoints }: EndpointPorts,
  call: EndpointCall,
  { signal }: Attempt,
): Promise<EndpointResult> {
  const answer = await endpoints.call(call, signal)
  const { status, contentType, body } = answer
  if (!isExpected(call, status)) throw refusal(answer)
  const isText = isUtf8(body)
  return {
    status,
    contentType,
    encoding: isText ? 'text' : 'base64',
    body: body.toString(isText ? 'utf8' : 'base64'),
    bodyBytes: body.byteLength,
  }
}

function isExpected({ expect }: EndpointCall, status: number): boolean {
  return expect === undefined ? status >= 200 && status < 300 : expect.includes(status)
}

function refusal({ status, retryAfterMs, shown }: EndpointAnswer): EndpointError {
  const message = `the endpoint answers ${status}`
  const at = { url: shown }
  if (status === 429 || status === 408 || status >= 500) {
    return new EndpointError('ENDPOINT_UNREACHABLE', message, {
      at,
      remedy: 'Wait until the service is well, or allow more attempts.',
      retryable: true,
      // Of no time at all Temporal makes no try at all.
      retryAfterMs: retryAfterMs === 0 ? undefined : retryAfterMs,
    })
  }
  return new EndpointError('ENDPOINT_REFUSED', message, {
    at,
    remedy:
      'Correct what is sent, or name the status in `expect` if it is a success. No redirect is followed.',
  })
}
