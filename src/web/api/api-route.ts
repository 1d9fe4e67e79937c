import type { z } from 'zod'
import { requestInvalid } from './request-invalid.ts'
import type { ApiServices } from './api-services.ts'

/** The parts of a request that a route looks at. Names of headers are in lower case. */
interface InputShape {
  readonly path?: z.ZodObject
  readonly query?: z.ZodObject
  readonly header?: z.ZodObject
  readonly body?: z.ZodType
}

interface RouteFacts {
  readonly method: 'get' | 'post'
  /** As OpenAPI writes it. */
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly answer: {
    readonly status: 200 | 202
    readonly description: string
    /** Of JSON, unless the content type says something else. */
    readonly schema: z.ZodType
    /** @default application/json */
    readonly contentType?: string
  }
  /** Statuses beside those that any route may answer. */
  readonly refusals: readonly number[]
}

/** A request as it came. */
export interface RawRequest {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly header: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface ApiRoute extends RouteFacts {
  readonly input: z.ZodObject & { readonly shape: InputShape }
  /** @throws ApiError REQUEST_INVALID, and what the route throws */
  handle(request: RawRequest, services: ApiServices): Promise<Response>
}

/** One route: what the document says of it and what it checks are one thing, and so cannot differ. */
export function apiRoute<Input extends z.ZodObject & { readonly shape: InputShape }>(
  route: RouteFacts & {
    readonly input: Input
    readonly answerWith: (input: z.output<Input>, services: ApiServices) => Promise<Response>
  },
): ApiRoute {
  const { answerWith, ...facts } = route
  return {
    ...facts,
    async handle(request, services) {
      const parsed = facts.input.safeParse(request)
      if (parsed.success) return answerWith(parsed.data, services)
      // An issue's message may not quote what was sent: ours do not, and zod's name types and keys.
      const [issue] = parsed.error.issues
      const place = (issue?.path ?? []).map(String).join('.').slice(0, 200)
      throw requestInvalid(`${place}: ${issue?.message.slice(0, 300) ?? 'is wrong'}`)
    },
  }
}
