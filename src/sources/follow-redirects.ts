import type { IncomingHttpHeaders } from 'node:http'
import { unescape } from 'node:querystring'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { parseHttpUrl } from './parse-http-url.ts'
import { basicAuthorization } from './source-headers.ts'
import type { Hop } from './source-hosts.ts'

const maxRedirects = 5
const redirectStatuses = [301, 302, 303, 307, 308]

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Lets go of a body that is not wanted. */
  readonly close?: () => void
}

/**
 * Asks a host and those it redirects to. From the first redirect that leads to another origin on,
 * headers and credentials of the pipeline stay behind, and no private network is entered.
 *
 * @param ask One request, with exactly these headers beside those of the connection.
 * @param shown The URL for messages: without secrets.
 * @throws PipelineError SOURCE_REFUSED, and what `ask` throws
 */
export async function followRedirects<Answer extends Answered>(
  { url, shown, headers }: { url: URL; shown: string; headers: Readonly<Record<string, string>> },
  ask: (hop: Hop, headers: Readonly<Record<string, string>>) => Promise<Answer>,
): Promise<Answer> {
  const own = { ...userHeaders(url), ...headers }
  let hop: Hop = { url: withoutUser(url), isNamed: true, shown }
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const answer = await ask(hop, hop.isNamed ? own : {})
    const { location } = answer.headers
    if (!redirectStatuses.includes(answer.status) || location === undefined) return answer
    answer.close?.()
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
