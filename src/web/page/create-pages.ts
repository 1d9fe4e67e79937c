import { Hono, type Context } from 'hono'
import { html } from 'hono/html'
import type { CodedError } from '../../../codec/index.ts'
import { answerError, statusOf, toShownError } from '../api/answer-error.ts'
import { createApiAccess, type ApiAccessOptions } from '../api/api-access.ts'
import { objectPath } from './blobs-page.ts'
import { downloadObject } from './download-object.ts'
import { answerMetrics } from '../metrics/answer-metrics.ts'
import { layout } from './layout.ts'
import type { Page, PageContent } from './page.ts'
import type { PageServices } from './page-services.ts'
import { PAGES } from './pages.ts'
import { actOnRun } from './run-actions.ts'
import { SCRIPT } from './script.ts'
import { shownText } from './shown.ts'
import { signInContent, signInRoutes } from './sign-in.ts'
import { STYLE } from './style.ts'

export interface PagesOptions extends ApiAccessOptions {
  readonly services: PageServices
  readonly onFailure: (error: CodedError) => void
}

/** Nothing is loaded from elsewhere, nothing in a page is run, and no other page may frame one. */
const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const pageHeaders = {
  'content-security-policy': policy,
  // Without any referrer a browser would not say which page a form is of.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  // The same address gives programs data.
  vary: 'accept, cookie',
}

const assets = [
  ['/-/page.css', 'text/css; charset=utf-8', STYLE],
  ['/-/page.js', 'text/javascript; charset=utf-8', SCRIPT],
  [
    '/-/icon.svg',
    'image/svg+xml',
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="2" y="5" width="20" height="14" rx="3" fill="#0b5fa5"/><path d="M9 5v14" stroke="#fff" stroke-width="2" stroke-dasharray="2 2"/></svg>',
  ],
] as const

/**
 * The pages for people. Each answers a browser with HTML, and a program, or whoever adds `.json`, with
 * its data; what the HTTP API answers under the same path goes on to it.
 */
export function createPages({ services, onFailure, ...accessOptions }: PagesOptions): Hono {
  const access = createApiAccess(accessOptions)
  const pages = new Hono()
  for (const [path, type, text] of assets) {
    pages.get(path, () => {
      const headers = {
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
      }
      return new Response(text, { headers })
    })
  }
  pages.use('*', async (context, next) => {
    await next()
    const { status, headers } = context.res
    const isData = (headers.get('content-type') ?? '').startsWith('application/json')
    if (status === 404 && isData && wantsHtml(context))
      context.res = await shown(context, nowhere, 404)
  })
  signInRoutes(pages, { token: accessOptions.token, access, onFailure, show: shown })

  async function guarded(
    context: Context,
    asJson: boolean,
    act: () => Promise<Response>,
  ): Promise<Response> {
    try {
      access.checkPlace(context.req.raw)
      access.checkToken(context.req.raw)
      return await act()
    } catch (thrown) {
      const error = toShownError(thrown)
      onFailure(error)
      if (asJson) return answerError(error)
      if (error.code === 'WEB_TOKEN_WRONG')
        return shown(context, signInContent(addressOf(context)), 401)
      return shown(context, errorContent(error), statusOf(error))
    }
  }

  const answer = (page: Page, context: Context, asJson: boolean): Promise<Response> =>
    guarded(context, asJson, async () => {
      const request = { path: parametersOf(context), query: context.req.query() }
      const { data, content } = await page.answer(request, services)
      return asJson ? Response.json(data, { headers: pageHeaders }) : shown(context, content(), 200)
    })

  async function shown(context: Context, content: PageContent, status: number): Promise<Response> {
    const { pathname: path, search } = new URL(context.req.url)
    const { uiUrl: temporalUrl } = services
    const text = await layout(content, { path, search, temporalUrl })
    const headers = new Headers({ ...pageHeaders, 'content-type': 'text/html; charset=utf-8' })
    if (status === 401) headers.set('www-authenticate', 'Bearer')
    if (status === 503) headers.set('retry-after', '2')
    return new Response(text, { status, headers })
  }

  pages.get('/metrics', (context) => guarded(context, true, () => answerMetrics(services)))
  pages.get('/-/find', (context) =>
    guarded(context, false, async () => {
      const headers = { location: objectPath((context.req.query('object') ?? '').trim()) }
      return new Response(null, { status: 303, headers })
    }),
  )
  pages.post('/runs/:id/-/:control', (context) =>
    guarded(context, false, () => actOnRun(context.req.param(), services)),
  )
  pages.get('/blobs/:name/-/download', (context) =>
    guarded(context, false, () =>
      downloadObject(context.req.param(), services, { method: context.req.raw.method, onFailure }),
    ),
  )
  for (const page of PAGES) {
    const json = page.path === '/' ? '/index.json' : `${page.path}{[^/]+\\.json}`
    const jsonPath = /:\w+$/.test(page.path) || page.path === '/' ? json : `${page.path}.json`
    pages.get(jsonPath, async (context, next) =>
      asksForData(context) ? answer(page, context, true) : next(),
    )
    pages.get(page.path, async (context, next) => {
      const isForPerson = wantsHtml(context)
      if (!isForPerson && page.isOfApi) return next()
      return answer(page, context, !isForPerson)
    })
  }
  return pages
}

function wantsHtml(context: Context): boolean {
  return (context.req.header('accept') ?? '').includes('text/html') && !asksForData(context)
}

/** By the path as it was sent: the name of an object ends in `%2Ejson` there. */
function asksForData({ req }: Context): boolean {
  return new URL(req.url).pathname.endsWith('.json')
}

function addressOf({ req }: Context): string {
  const { pathname, search } = new URL(req.url)
  return `${pathname}${search}`
}

const nowhere: PageContent = {
  title: 'Not found',
  body: html`<h1>There is no such page</h1>
    <p><a href="/">All pages begin here.</a></p>`,
}

/** Without the ending of a page's data. */
function parametersOf(context: Context): Record<string, string> {
  const isJson = asksForData(context)
  return Object.fromEntries(
    Object.entries<string>(context.req.param()).map(([name, value]) => [
      name,
      isJson ? value.replace(/\.json$/, '') : value,
    ]),
  )
}

function errorContent({ code, message, remedy }: CodedError): PageContent {
  return {
    title: code,
    body: html`<h1 class="lines">${message}</h1>
      <p class="alert lines"><code>${code}</code> ${shownText(remedy)}</p>`,
  }
}
