import { Hono } from 'hono'

export interface WebAppOptions {
  /** Answers everything under `/codec/`; it guards itself. */
  readonly codecServer: (request: Request) => Promise<Response>
}

/** Everything that `claimcheck web` serves, whoever listens. */
export function createWebApp({ codecServer }: WebAppOptions): Hono {
  return new Hono()
    .get('/-/health', (context) => context.json({ status: 'ok' }))
    .all('/codec/*', async (context) => codecServer(context.req.raw))
}
