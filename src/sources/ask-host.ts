import { PipelineError } from '../../activities/index.ts'
import { decodeBody, type DecodedAnswer } from './decode-body.ts'
import { receiveAnswer, type Exchange } from './receive-answer.ts'
import type { Hop } from './source-hosts.ts'

/**
 * One request and its whole, decoded answer, redirects and errors of the source included.
 *
 * @throws PipelineError SOURCE_UNREACHABLE (connection, cut or damaged body, timeout), PAGE_TOO_LARGE,
 * SOURCE_MALFORMED, SOURCE_HOST_REFUSED
 */
export async function askHost(hop: Hop, exchange: Exchange): Promise<DecodedAnswer> {
  const { signal, deadline, maxBytes } = exchange
  const { shown } = hop
  try {
    const answer = await receiveAnswer(hop, exchange)
    return await decodeBody(answer, { maxBytes, shown })
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if (cause instanceof PipelineError) throw cause
    const why = deadline.aborted ? 'it takes longer than `source.timeout_seconds`' : reason(cause)
    throw new PipelineError('SOURCE_UNREACHABLE', `the source did not answer in full (${why})`, {
      at: { url: shown },
      remedy: 'Check that the source is up and that its address in the pipeline file is right.',
      retryable: true,
      cause,
    })
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
