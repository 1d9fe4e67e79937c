import { Hono } from 'hono'

export interface WebAppOptions {
  /** Answers everything under `/codec/`; it guards itself. */
  readonly codecServer: (request: Request) => Promise<Response>
  /** Answers everything else; it guards itself. */
  readonly api: Hono
  /** The pages for people; what they do not answer goes on. */
  readonly pages: Hono
  /** Answers `/metrics`; it guards itself. */
  readonly metrics: Hono
}

/** Everything that `claimcheck web` serves, whoever listens. */
export function createWebApp({ codecServer, api, pages, metrics }: WebAppOptions): Hono {
  return new Hono()
    .get('/-/health', (context) => context.json({ status: 'ok' }))
    .all('/codec/*', async (context) => codecServer(context.req.raw))
    .route('/', metrics)
    .route('/', pages)
    .all('*', (context) => api.fetch(context.req.raw))
}
