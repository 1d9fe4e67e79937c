import { Hono } from 'hono'

export interface WebAppOptions {
  /** Answers everything under `/codec/`; it guards itself. */
  readonly codecServer: (request: Request) => Promise<Response>
  /** Answers everything else; it guards itself. */
  readonly api: Hono
  /** The pages for people, and `/metrics`; what they do not answer goes on. */
  readonly pages: Hono
}

/** Everything that `claimcheck web` serves, whoever listens. */
export function createWebApp({ codecServer, api, pages }: WebAppOptions): Hono {
  return new Hono()
    .all('/codec/*', async (context) => codecServer(context.req.raw))
    .route('/', pages)
    .get('/-/health', (context) => context.json({ status: 'ok' }))
    .all('*', (context) => api.fetch(context.req.raw))
}
