import type { html } from 'hono/html'
import type { PageServices } from './page-services.ts'

/** Text of a page, with all that came from outside escaped. */
export type Html = ReturnType<typeof html>

export interface PageRequest {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

export interface PageContent {
  readonly title: string
  readonly body: Html
  /** A stream of events, each of which says that the page has changed. */
  readonly events?: string | undefined
  /** Without such a stream: how often a page that is looked at is asked for again. @default never */
  readonly refreshSeconds?: number | undefined
}

/** A page that was asked for: what it shows, as data, and how that looks. */
export interface AnsweredPage {
  readonly data: unknown
  content(this: void): PageContent
}

export interface Page {
  /** As Hono writes it; the same with `.json` gives the data. */
  readonly path: string
  /** Whether programs find another answer there, that of the HTTP API. */
  readonly isOfApi: boolean
  answer(request: PageRequest, services: PageServices): Promise<AnsweredPage>
}

/** One page: what is looked up and how it is shown are apart, so that the data can be had alone. */
export function page<Data>(definition: {
  readonly path: string
  /** @default false */
  readonly isOfApi?: boolean
  readonly data: (request: PageRequest, services: PageServices) => Promise<Data>
  readonly content: (data: Data, services: PageServices) => PageContent
}): Page {
  const { path, isOfApi = false, data: look, content } = definition
  return {
    path,
    isOfApi,
    async answer(request, services) {
      const data = await look(request, services)
      return { data, content: () => content(data, services) }
    },
  }
}
