import { z } from 'zod'
import type { ApiRoute } from './api-route.ts'
import { failureSchema } from './shown-run.ts'

/** Of every route. */
const COMMON_REFUSALS = [400, 401, 403, 500, 503]

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is wrong',
  401: 'The token is missing or wrong',
  403: 'The page that asks is of another origin, or the Host is not this server',
  404: 'There is no such pipeline or run',
  409: 'It does not fit how things stand: the run has ended, or the pipeline file is wrong',
  413: 'The body is over 1 MiB',
  415: 'The body is not declared to be JSON',
  422: 'The idempotency key came with another request',
  500: 'A defect',
  501: 'The server was not told what it needs for that',
  503: 'Temporal or the store is away, or there are too many streams; try again later',
}

/** The API as an OpenAPI 3.1 document, made of what the routes check and answer. */
export function apiDocument(routes: readonly ApiRoute[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Claimcheck',
      version: '1',
      description: 'Starts, shows and controls runs. Errors are `{code, message, remedy}`.',
    },
    // Not asked for on the machine itself where the server has none.
    security: [{ token: [] }, {}],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Failure: schemaOf(failureSchema, 'output') },
    },
  }
}

function operation(route: ApiRoute): Record<string, unknown> {
  const { operationId, summary, description, answer, input, refusals } = route
  const { contentType = 'application/json', schema, status } = answer
  const statuses = [...COMMON_REFUSALS, ...refusals].toSorted((one, other) => one - other)
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [
      ...parameters('path', input.shape.path),
      ...parameters('query', input.shape.query),
      ...parameters('header', input.shape.header),
    ],
    ...requestBody(input.shape.body),
    responses: {
      [status]: {
        description: answer.description,
        content: { [contentType]: { schema: schemaOf(schema, 'output') } },
      },
      ...Object.fromEntries(statuses.map((refused) => [refused, refusal(refused)])),
    },
  }
}

function parameters(place: string, object: z.ZodObject | undefined): unknown[] {
  if (object === undefined) return []
  const { properties = {}, required = [] } = schemaOf(object, 'input')
  return Object.entries(properties).map(([name, described]) => {
    const { description, ...schema } = typeof described === 'object' ? described : {}
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    }
  })
}

function requestBody(body: z.ZodType | undefined): object {
  if (body === undefined) return {}
  const required = !body.safeParse(undefined).success
  return {
    requestBody: { required, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
  }
}

function refusal(status: number): object {
  return {
    description: REFUSALS[status] ?? 'Refused',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } },
  }
}

/** The dialect of OpenAPI 3.1 is JSON Schema's own: no `$schema` is needed. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, '~standard': __, ...described } = z.toJSONSchema(schema, { io })
  return described
}
