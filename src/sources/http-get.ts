import { askHost } from './ask-host.ts'
import type { DecodedAnswer } from './decode-body.ts'
import { followRedirects } from './follow-redirects.ts'
import type { Exchange } from './receive-answer.ts'

/**
 * GETs a whole body, or throws. Built on `node:http` because `fetch` takes some bodies that were cut
 * off for complete ones.
 *
 * @param shown The URL for messages: without secrets.
 * @throws PipelineError SOURCE_UNREACHABLE, SOURCE_REFUSED, SOURCE_MALFORMED, SOURCE_HOST_REFUSED,
 * PAGE_TOO_LARGE
 */
export function httpGet(url: URL, shown: string, exchange: Exchange): Promise<DecodedAnswer> {
  const { headers } = exchange
  return followRedirects({ url, shown, headers }, (hop, sent) =>
    askHost(hop, { ...exchange, headers: sent }),
  )
}
