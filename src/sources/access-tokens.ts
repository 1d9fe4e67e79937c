import { z } from 'zod'
import { PipelineError } from '../../activities/pipeline-error.ts'
import type { OAuth2Auth } from '../../activities/index.ts'
import { askHost } from './ask-host.ts'
import { httpAddress } from './http-address.ts'
import type { Exchange } from './receive-answer.ts'
import { resolveReferences, shownUrl, type Environment } from './resolve-references.ts'
import { isHeaderValue } from '../pipeline/source-text.ts'
import { refusedAnswer } from './refused-answer.ts'
import { basicAuthorization } from './source-headers.ts'

const maxAnswerBytes = 64 * 1024
/** A token is renewed so long before it expires: it must last for the request. */
const marginMs = 30_000

const tokenAnswer = z.object({
  access_token: z.string().min(1).refine(isHeaderValue),
  // What makes no sense there is not known: a token that has expired is refused, and replaced then.
  expires_in: z.coerce.number().positive().optional().catch(undefined),
})

export type TokenExchange = Pick<
  Exchange,
  'hosts' | 'agents' | 'signal' | 'deadline' | 'idleTimeoutMs'
>

interface AccessToken {
  readonly value: string
  readonly renewAtMs: number
}

/** The access tokens of this process, of OAuth 2.0 client credentials (RFC 6749, section 4.4). */
export class AccessTokens {
  readonly #environment: Environment
  readonly #tokens = new Map<string, AccessToken>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /**
   * A token that has not expired as far as is known: kept, or asked for.
   *
   * @param refused A token that the source has refused: another one is asked for.
   * @throws PipelineError SOURCE_REFUSED, SOURCE_UNREACHABLE, SOURCE_MALFORMED and those of a setting
   */
  async get(auth: OAuth2Auth, exchange: TokenExchange, refused?: string): Promise<string> {
    const resolve = (text: string) => resolveReferences(text, this.#environment)
    const address = resolve(auth.tokenUrl)
    const client = [resolve(auth.clientId), resolve(auth.clientSecret)] as const
    const scope = auth.scope === undefined ? undefined : resolve(auth.scope)
    const key = JSON.stringify([address, ...client, scope])
    const kept = this.#tokens.get(key)
    if (kept !== undefined && kept.value !== refused && kept.renewAtMs > Date.now()) {
      return kept.value
    }
    const token = await this.#ask(auth, { address, client, scope }, exchange)
    this.#tokens.set(key, token)
    return token.value
  }

  async #ask(
    auth: OAuth2Auth,
    request: { address: string; client: readonly [string, string]; scope: string | undefined },
    exchange: TokenExchange,
  ): Promise<AccessToken> {
    const shown = shownUrl(auth.tokenUrl, this.#environment)
    const url = httpAddress(request.address, 'the token URL', { url: shown })
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    if (request.scope !== undefined) form.set('scope', request.scope)
    const [user, password] = request.client.map(formEncoded)
    const askedAtMs = Date.now()
    const { status, body } = await askHost(
      { url, isNamed: true, shown },
      {
        ...exchange,
        maxBytes: maxAnswerBytes,
        body: form.toString(),
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          authorization: basicAuthorization(user ?? '', password ?? ''),
        },
      },
    )
    if (status !== 200) {
      const remedy = {
        ifBusy: 'Wait until the token server is well.',
        else: 'Check `source.auth` of the pipeline file and the secrets that it names.',
      }
      throw refusedAnswer({ who: 'the token server', status, at: { url: shown }, remedy })
    }
    const answer = tokenAnswer.safeParse(parseJson(body))
    if (!answer.success) {
      throw new PipelineError('SOURCE_MALFORMED', 'the token server answers 200 with no token', {
        at: { url: shown },
        remedy: 'Compare `source.auth.token_url` with what the source says of its tokens.',
        retryable: true,
      })
    }
    const { access_token: value, expires_in: seconds = Infinity } = answer.data
    return { value, renewAtMs: askedAtMs + Math.max(seconds * 1000 - marginMs, seconds * 500) }
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** RFC 6749, section 2.3.1: both are form-encoded before they are joined. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
