import { followRedirects } from './follow-redirects.ts'
import type { SentRequest } from './send-request.ts'
import { streamAnswer, type StreamedAnswer } from './stream-answer.ts'

export interface StreamRequest extends SentRequest {
  /** Say which bytes are wanted, and nothing of who asks: sent to other origins too. */
  readonly rangeHeaders: Readonly<Record<string, string>>
}

/**
 * GETs a body as a stream, redirects followed. Bytes are asked for as they are, so that positions in
 * them hold from one answer to the next.
 *
 * @param shown The URL for messages: without secrets.
 * @throws PipelineError SOURCE_UNREACHABLE, SOURCE_REFUSED, SOURCE_HOST_REFUSED
 */
export function httpStream(
  url: URL,
  shown: string,
  { rangeHeaders, ...request }: StreamRequest,
): Promise<StreamedAnswer> {
  const wanted = { 'accept-encoding': 'identity', ...rangeHeaders }
  return followRedirects({ url, shown, headers: request.headers }, (hop, headers) =>
    streamAnswer(hop, { ...request, headers: { ...headers, ...wanted } }),
  )
}
