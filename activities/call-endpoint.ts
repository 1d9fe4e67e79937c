import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import type { Attempt } from './activity-ports.ts'
import type {
  EndpointAnswer,
  EndpointCall,
  EndpointPorts,
  EndpointResult,
} from './endpoint-call.ts'
import { endpointCallSchema } from './endpoint-call-schema.ts'
import { EndpointError } from './endpoint-error.ts'

/**
 * Calls a service once, if the call is one: a schedule may have been told anything. One that is busy or
 * ill is retryable, after the time that it asks for; any other answer that is not expected is final.
 *
 * @throws EndpointError ENDPOINT_INVALID, ENDPOINT_UNREACHABLE, ENDPOINT_REFUSED, and those of
 * `EndpointCaller`
 */
export async function callEndpoint(
  { endpoints }: EndpointPorts,
  call: EndpointCall,
  { signal }: Attempt,
): Promise<EndpointResult> {
  const { error } = endpointCallSchema.safeParse(call)
  if (error !== undefined) throw invalid(error)
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

function invalid({ issues: [issue] }: z.ZodError): EndpointError {
  const place = (issue?.path ?? []).map(String).join('.').slice(0, 200)
  const problem = `${place === '' ? '' : `${place}: `}${issue?.message.slice(0, 300) ?? ''}`
  return new EndpointError('ENDPOINT_INVALID', `The call cannot be made: ${problem}`, {
    remedy: 'Correct the call; the OpenAPI document of `claimcheck web` describes it under /call.',
  })
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
