import { html } from 'hono/html'
import { VERSION } from './version-of-page.ts'
import type { Html, PageContent } from './page.ts'

const places = [
  ['/', 'Overview'],
  ['/runs', 'Runs'],
  ['/pipelines', 'Pipelines', '/datasets/'],
  ['/blobs', 'Blobs'],
  ['/gc', 'Garbage'],
  ['/-/health', 'Health'],
] as const

interface LayoutPlace {
  /** As it was sent. */
  readonly path: string
  /** With its question mark; empty where there is none. */
  readonly search: string
  readonly temporalUrl?: string | undefined
}

/** The whole document around what a page shows. */
export function layout(
  { title, body, events, refreshSeconds }: PageContent,
  { path, search, temporalUrl }: LayoutPlace,
): Html {
  const seconds = events === undefined ? refreshSeconds : 5
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – Claimcheck</title>
        <link rel="icon" href="/-/icon.svg?${VERSION}" type="image/svg+xml" />
        <link rel="stylesheet" href="/-/page.css?${VERSION}" />
        <script type="module" src="/-/page.js?${VERSION}"></script>
        ${
          seconds === undefined
            ? ''
            : html`<noscript><meta http-equiv="refresh" content="${seconds}" /></noscript>`
        }
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <a class="brand" href="/">${icon} Claimcheck</a>
          <nav aria-label="Pages">
            ${places.map(([href, name, ...beneath]) => {
              const isHere = path === href
              const isNear =
                href !== '/' && [`${href}/`, ...beneath].some((one) => path.startsWith(one))
              const current = isHere ? 'page' : isNear && 'true'
              return html`<a href="${href}" ${current && html`aria-current="${current}"`}
                >${name}</a
              >`
            })}
            ${
              temporalUrl === undefined
                ? ''
                : html`<a class="outside" href="${temporalUrl}" rel="noreferrer">Temporal</a>`
            }
          </nav>
        </header>
        <main
          id="main"
          tabindex="-1"
          data-events="${events ?? ''}"
          data-refresh="${refreshSeconds ?? ''}"
        >
          ${body}
        </main>
        <footer>
          This page as data:
          <a href="${path === '/' ? '/index' : path}.json${search}">JSON</a>
          <span role="status" id="news"></span>
        </footer>
      </body>
    </html>`
}

const icon = html`<svg aria-hidden="true" viewBox="0 0 24 24" width="22" height="22">
  <path
    d="M3 7a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v3a2 2 0 0 0 0 4v3a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-3a2 2 0 0 0 0-4z"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
  />
  <path d="M9 5v14" stroke="currentColor" stroke-width="2" stroke-dasharray="2 2" />
</svg>`
