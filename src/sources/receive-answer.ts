import type http from 'node:http'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { GatheredBytes } from '../../activities/landing/gathered-bytes.ts'
import { isFramed, sendRequest, type SentRequest } from './send-request.ts'
import type { Hop } from './source-hosts.ts'

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** As it was sent: with its content encoding. */
  readonly body: Buffer
  /** Whether a cut body would have been noticed: its length was declared, or it came in chunks. */
  readonly isFramed: boolean
}

export interface Exchange extends SentRequest {
  readonly maxBytes: number
}

/**
 * One request and its whole answer, redirects and errors of the source included.
 *
 * @throws PipelineError PAGE_TOO_LARGE, SOURCE_HOST_REFUSED
 * @throws what ended the request, a body that was cut off included
 */
export async function receiveAnswer(hop: Hop, exchange: Exchange): Promise<HttpAnswer> {
  const response = await sendRequest(hop, exchange)
  const { maxBytes } = exchange
  return new Promise((resolve, reject) => {
    const body = new GatheredBytes(Math.min(declaredBytes(response) ?? maxBytes, maxBytes))
    response.on('data', (chunk: Buffer) => {
      if (body.add(chunk)) return
      reject(tooLarge(maxBytes, hop.shown))
      response.destroy()
    })
    const cutOff = (): void => reject(new Error('the body was cut off'))
    response.on('error', reject)
    // An error may have come before anybody listened.
    if (response.destroyed) cutOff()
    response.on('close', cutOff)
    response.on('end', () => {
      const { statusCode: status = 0, headers } = response
      if (isCutOff(response, body.sizeBytes)) cutOff()
      else resolve({ status, headers, body: body.finish(), isFramed: isFramed(response) })
    })
  })
}

/** Whether a body that has ended is not all of what was announced. */
export function isCutOff(
  response: Pick<http.IncomingMessage, 'complete' | 'headers'>,
  receivedBytes: number,
): boolean {
  return !response.complete || (declaredBytes(response) ?? receivedBytes) !== receivedBytes
}

/** More than that Node's own parser does not take of the body. */
function declaredBytes({ headers }: Pick<http.IncomingMessage, 'headers'>): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

export function tooLarge(maxBytes: number, shown: string): PipelineError {
  return new PipelineError('PAGE_TOO_LARGE', `a page is larger than ${maxBytes} bytes`, {
    at: { url: shown },
    remedy: 'Ask the source for smaller pages, or raise `limits.page_bytes` of the pipeline file.',
  })
}
