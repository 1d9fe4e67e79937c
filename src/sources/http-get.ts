import { unescape } from 'node:querystring'
import { PipelineError } from '../../activities/index.ts'
import { askHost } from './ask-host.ts'
import type { DecodedAnswer } from './decode-body.ts'
import { parseHttpUrl } from './parse-http-url.ts'
import type { Exchange } from './receive-answer.ts'
import { basicAuthorization } from './source-headers.ts'
import type { Hop } from './source-hosts.ts'

const maxRedirects = 5
const redirectStatuses = [301, 302, 303, 307, 308]

/**
 * GETs a whole body, or throws. Built on `node:http` because `fetch` takes some bodies that were cut
 * off for complete ones. Follows redirects; from the first that leads to another origin on, without
 * headers and credentials of the pipeline, and into no private network.
 *
 * @param shown The URL for messages: without secrets.
 * @throws PipelineError SOURCE_UNREACHABLE, SOURCE_REFUSED, SOURCE_MALFORMED, SOURCE_HOST_REFUSED,
 * PAGE_TOO_LARGE
 */
export async function httpGet(url: URL, shown: string, exchange: Exchange): Promise<DecodedAnswer> {
  const headers = { ...userHeaders(url), ...exchange.headers }
  let hop: Hop = { url: withoutUser(url), isNamed: true, shown }
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const answer = await askHost(hop, { ...exchange, headers: hop.isNamed ? headers : {} })
    const { location } = answer.headers
    if (!redirectStatuses.includes(answer.status) || location === undefined) return answer
    const next = parseHttpUrl(location, hop.url.href)
    if (next === undefined) {
      throw new PipelineError('SOURCE_REFUSED', 'the source redirects to what is no address', {
        at: { url: shown },
        remedy: 'Ask the owner of the source, or correct the address in the pipeline file.',
      })
    }
    const isNamed = hop.isNamed && next.origin === url.origin
    hop = { url: withoutUser(next), isNamed, shown }
  }
  throw new PipelineError('SOURCE_REFUSED', 'the source redirects without end', {
    at: { url: shown },
    remedy: 'Correct the address in the pipeline file.',
  })
}

function userHeaders({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  return { authorization: basicAuthorization(unescape(username), unescape(password)) }
}

/** A redirect would take the user along with the rest of the URL, where it is relative. */
function withoutUser(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare
}
