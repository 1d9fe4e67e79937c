import type { IncomingHttpHeaders } from 'node:http'
import type { HttpSourceDefinition } from '../../activities/index.ts'
import type { AccessTokens, TokenExchange } from './access-tokens.ts'
import type { Environment } from './resolve-references.ts'
import { sourceHeaders } from './source-headers.ts'
import { within } from './within.ts'

interface AuthorizedRequest<Answer> {
  /** What says who asks. */
  readonly source: Pick<HttpSourceDefinition, 'headers' | 'auth'>
  readonly environment: Environment
  readonly tokens: AccessTokens
  readonly exchange: Omit<TokenExchange, 'deadline'>
  /** How long a token server has. */
  readonly timeoutMs: number
  /** One request with these headers. */
  readonly get: (headers: Readonly<Record<string, string>>) => Promise<Answer>
}

/**
 * Asks with the headers and the `auth` of a source. An access token that the source refuses is replaced
 * once.
 *
 * @throws PipelineError of settings, of the token server, and what `get` throws
 */
export async function askAuthorized<
  Answer extends {
    readonly status: number
    readonly headers: IncomingHttpHeaders
    readonly close?: () => void
  },
>(request: AuthorizedRequest<Answer>): Promise<Answer> {
  const { source, environment, tokens, exchange, timeoutMs, get } = request
  const { auth } = source
  const headers = sourceHeaders(source, environment)
  if (auth?.kind !== 'oauth2') return get(headers)
  const token = (refused?: string) =>
    within(timeoutMs, (deadline) => tokens.get(auth, { ...exchange, deadline }, refused))
  const first = await token()
  const answer = await get({ ...headers, authorization: `Bearer ${first}` })
  if (answer.status !== 401) return answer
  answer.close?.()
  return get({ ...headers, authorization: `Bearer ${await token(first)}` })
}
