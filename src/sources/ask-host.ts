import { decodeBody, type DecodedAnswer } from './decode-body.ts'
import { receiveAnswer, type Exchange } from './receive-answer.ts'
import type { Hop } from './source-hosts.ts'
import { sourceUnreachable } from './source-unreachable.ts'

/**
 * One request and its whole, decoded answer, redirects and errors of the source included.
 *
 * @throws PipelineError SOURCE_UNREACHABLE (connection, cut or damaged body, timeout), PAGE_TOO_LARGE,
 * SOURCE_MALFORMED, SOURCE_HOST_REFUSED
 */
export async function askHost(hop: Hop, exchange: Exchange): Promise<DecodedAnswer> {
  const { maxBytes, signal, deadline } = exchange
  const { shown } = hop
  try {
    const answer = await receiveAnswer(hop, exchange)
    return await decodeBody(answer, { maxBytes, shown })
  } catch (cause) {
    const lateness = deadline.aborted ? 'it takes longer than `source.timeout_seconds`' : undefined
    throw sourceUnreachable(cause, { signal, shown, lateness })
  }
}
