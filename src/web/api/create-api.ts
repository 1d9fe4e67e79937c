import { Hono, type Context } from 'hono'
import type { CodedError } from '../../../codec/index.ts'
import { createApiAccess, type ApiAccessOptions } from './api-access.ts'
import { apiDocument } from './api-document.ts'
import { ApiError } from './api-error.ts'
import type { ApiRoute } from './api-route.ts'
import { API_ROUTES } from './api-routes.ts'
import type { ApiServices } from './api-services.ts'
import { answerError, toShownError } from './answer-error.ts'
import { readBody } from './read-body.ts'

export interface ApiOptions extends ApiAccessOptions {
  readonly services: ApiServices
  /** Hears of every refusal; of a defect its `cause` says all. */
  readonly onFailure: (error: CodedError) => void
}

/** The HTTP API, whoever listens. `/openapi.json` describes it and needs no token. */
export function createApi({ services, onFailure, ...accessOptions }: ApiOptions): Hono {
  const access = createApiAccess(accessOptions)
  const api = new Hono()

  async function guarded(
    context: Context,
    answer: () => Response | Promise<Response>,
  ): Promise<Response> {
    const response = await answerOrRefuse(context, answer)
    // It holds what somebody was allowed to see now, and is no page.
    response.headers.set('cache-control', 'no-store')
    response.headers.set('x-content-type-options', 'nosniff')
    return response
  }

  async function answerOrRefuse(
    context: Context,
    answer: () => Response | Promise<Response>,
  ): Promise<Response> {
    try {
      access.checkPlace(context.req.raw)
      return await answer()
    } catch (thrown) {
      const error = toShownError(thrown)
      onFailure(error)
      return answerError(error)
    }
  }

  async function answerRoute(route: ApiRoute, context: Context): Promise<Response> {
    const { req } = context
    access.checkToken(req.raw)
    return route.handle(
      {
        path: req.param(),
        query: req.query(),
        header: req.header(),
        body: route.input.shape.body === undefined ? undefined : await readBody(req.raw),
      },
      services,
    )
  }

  const document = apiDocument(API_ROUTES)
  api.get('/openapi.json', (context) => guarded(context, () => Response.json(document)))
  for (const path of new Set(API_ROUTES.map((route) => route.path))) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1')
    const routes = API_ROUTES.filter((route) => route.path === path)
    const methods = routes.map(({ method }) => method)
    api.all(pattern, async (context) => {
      // Hono takes a HEAD for a GET, whose body it then lets lie: a stream of events would never end.
      const asked = context.req.raw.method
      const route = routes.find(({ method }) => method.toUpperCase() === asked)
      if (route !== undefined) return guarded(context, () => answerRoute(route, context))
      const response = await guarded(context, () => {
        access.checkToken(context.req.raw)
        throw methodNotAllowed()
      })
      response.headers.set('allow', methods.join(', ').toUpperCase())
      return response
    })
  }
  api.notFound((context) =>
    guarded(context, () => {
      throw routeNotFound()
    }),
  )
  return api
}

function methodNotAllowed(): ApiError {
  return new ApiError('METHOD_NOT_ALLOWED', 'This path is not asked like that', {
    remedy: 'See `Allow` of the answer, or /openapi.json.',
  })
}

function routeNotFound(): ApiError {
  return new ApiError('ROUTE_NOT_FOUND', 'There is no such path', {
    remedy: '/openapi.json lists all paths.',
  })
}
