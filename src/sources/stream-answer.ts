import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isCutOff } from './receive-answer.ts'
import { idleTimeoutOf, isFramed, sendRequest, type SentRequest } from './send-request.ts'
import type { Hop } from './source-hosts.ts'
import { sourceUnreachable } from './source-unreachable.ts'

/** An answer whose body is still on its way; to be read to its end or closed. */
export interface StreamedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Whether a cut body would be noticed. */
  readonly isFramed: boolean
  /**
   * As it is sent, with its content encoding. A cut or silent one throws SOURCE_UNREACHABLE; while
   * nobody asks for bytes, silence is no fault of the source.
   */
  readonly body: AsyncIterable<Uint8Array>
  close(): void
}

/** @throws PipelineError SOURCE_UNREACHABLE, SOURCE_HOST_REFUSED */
export async function streamAnswer(hop: Hop, request: SentRequest): Promise<StreamedAnswer> {
  const { signal, deadline } = request
  const { shown } = hop
  try {
    const response = await sendRequest(hop, request)
    // Until here the socket's clock was right; it also runs while a slow reader holds the body back.
    response.socket.setTimeout(0)
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      isFramed: isFramed(response),
      body: bodyOf(response, { signal, shown, idleTimeoutMs: idleTimeoutOf(request) }),
      close: () => void response.destroy(),
    }
  } catch (cause) {
    const lateness = deadline.aborted ? 'it does not begin to in time' : undefined
    throw sourceUnreachable(cause, { signal, shown, lateness })
  }
}

async function* bodyOf(
  response: IncomingMessage,
  {
    idleTimeoutMs,
    ...place
  }: {
    readonly signal: AbortSignal
    readonly shown: string
    readonly idleTimeoutMs: number
  },
): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0
  try {
    const chunks: AsyncIterator<unknown> = response[Symbol.asyncIterator]()
    for (;;) {
      const step = await nextWithin(idleTimeoutMs, chunks, response)
      if (step.done === true) break
      if (!(step.value instanceof Uint8Array)) throw new TypeError('a body must yield bytes')
      receivedBytes += step.value.byteLength
      yield step.value
    }
    if (isCutOff(response, receivedBytes)) throw new Error('the body was cut off')
  } catch (cause) {
    throw sourceUnreachable(cause, place)
  } finally {
    response.destroy()
  }
}

async function nextWithin(
  idleTimeoutMs: number,
  chunks: AsyncIterator<unknown>,
  response: IncomingMessage,
): Promise<IteratorResult<unknown>> {
  const timer = setTimeout(() => {
    response.destroy(new Error(`silent for ${idleTimeoutMs} ms`))
  }, idleTimeoutMs)
  try {
    return await chunks.next()
  } finally {
    clearTimeout(timer)
  }
}
