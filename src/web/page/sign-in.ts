import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { html } from 'hono/html'
import type { CodedError } from '../../../codec/index.ts'
import { statusOf, toShownError } from '../api/answer-error.ts'
import type { ApiAccess } from '../api/api-access.ts'
import { sessionCookie, sessionOf, sessionSeconds } from '../api/page-session.ts'
import { requestInvalid } from '../api/request-invalid.ts'
import type { PageContent } from './page.ts'

/** Who has no token yet is read no further. */
const maxFormBytes = 16 * 1024

/** The form that asks for the token, and leads back to where it was asked. */
export function signInContent(back: string, refusal?: CodedError): PageContent {
  return {
    title: 'Sign in',
    body: html`<h1>Sign in</h1>
      ${
        refusal === undefined
          ? ''
          : html`<p class="alert" role="alert"><code>${refusal.code}</code> ${refusal.message}.</p>`
      }
      <p>This server asks for its token, <code>CLAIMCHECK_WEB_TOKEN</code>.</p>
      <form class="filter" method="post" action="/-/sign-in">
        <input type="hidden" name="back" value="${back}" />
        <label
          >Token
          <input type="password" name="token" required autofocus autocomplete="current-password"
        /></label>
        <button>Sign in</button>
      </form>`,
  }
}

export interface SignInOptions {
  readonly token: string | undefined
  readonly access: ApiAccess
  readonly onFailure: (error: CodedError) => void
  readonly show: (context: Context, content: PageContent, status: number) => Promise<Response>
}

/** A browser cannot send the token itself: a cookie that follows from it stands for it. */
export function signInRoutes(pages: Hono, options: SignInOptions): void {
  const { token, access, onFailure, show } = options
  async function refused(context: Context, thrown: unknown, back: string): Promise<Response> {
    const error = toShownError(thrown)
    onFailure(error)
    return show(context, signInContent(back, error), statusOf(error))
  }
  const limit = bodyLimit({
    maxSize: maxFormBytes,
    onError: (context) => refused(context, requestInvalid('the form is too large'), '/'),
  })
  pages.post('/-/sign-in', limit, async (context) => {
    const { req } = context
    let path = '/'
    try {
      access.checkPlace(req.raw)
      const form = await req.parseBody().catch(() => {
        throw requestInvalid('the form cannot be read')
      })
      path = pathOf(form['back'])
      const { token: given } = form
      access.checkGivenToken(typeof given === 'string' ? given : '')
    } catch (thrown) {
      return await refused(context, thrown, path)
    }
    const headers = new Headers({ location: path, 'cache-control': 'no-store' })
    if (token !== undefined) {
      // The page that asks says whether a proxy speaks TLS with the browser.
      const secure = req.header('origin')?.startsWith('https:') === true ? '; Secure' : ''
      headers.set(
        'set-cookie',
        `${sessionCookie}=${sessionOf(token)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${sessionSeconds}${secure}`,
      )
    }
    return new Response(null, { status: 303, headers })
  })
}

/** A path of this server; whatever else was sent leads to the first page. */
function pathOf(back: unknown): string {
  const here = 'http://here.invalid'
  const url = typeof back === 'string' && back.startsWith('/') ? URL.parse(back, here) : null
  return url?.origin === here ? `${url.pathname}${url.search}`.replace(/^\/+/, '/') : '/'
}
