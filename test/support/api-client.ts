import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        responses: z.record(
          z.string(),
          z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) }),
        ),
      }),
    ),
  ),
  components: z.object({ schemas: z.object({ Failure: z.unknown() }) }),
})

const objectSchema = z.record(z.string(), z.unknown())

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export interface ServerSentEvent {
  readonly event: string
  readonly data: Record<string, unknown>
}

/** Asks an HTTP API, and holds every answer against the document that it serves. */
export class ApiClient {
  readonly url: string
  readonly #document: z.infer<typeof documentSchema>
  /** The operations that were answered, each with its status. */
  readonly seen = new Set<string>()

  private constructor(url: string, document: z.infer<typeof documentSchema>) {
    this.url = url
    this.#document = document
  }

  static async open(url: string): Promise<ApiClient> {
    const answer = await fetch(`${url}/openapi.json`)
    assert.equal(answer.status, 200)
    return new ApiClient(url, documentSchema.parse(await answer.json()))
  }

  get operations(): string[] {
    return Object.values(this.#document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<ApiAnswer> {
    return this.#ask('get', path, { headers })
  }

  post(
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ApiAnswer> {
    if (body === undefined) return this.#ask('post', path, { headers })
    return this.#ask('post', path, {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  }

  /** The bytes of an answer that is no JSON. */
  async bytes(path: string): Promise<Buffer> {
    const answer = await fetch(`${this.url}${path}`)
    const { operationId, responses } = this.#operation('get', path)
    assert.ok(responses[answer.status]?.content['application/octet-stream'])
    this.seen.add(operationId)
    return Buffer.from(await answer.arrayBuffer())
  }

  /** The events of a run, until the server ends them. */
  async *events(
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): AsyncGenerator<ServerSentEvent> {
    const answer = await fetch(`${this.url}${path}`, { headers })
    assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    this.seen.add(this.#operation('get', path).operationId)
    let text = ''
    for await (const chunk of (answer.body ?? new ReadableStream()).pipeThrough(
      new TextDecoderStream(),
    )) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1]
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (event !== undefined && data !== undefined) {
          yield { event, data: objectSchema.parse(JSON.parse(data)) }
        }
      }
    }
  }

  /** Follows a run to its end. */
  async ended(workflowId: string): Promise<Record<string, unknown>> {
    for (let tries = 0; tries < 2_400; tries += 1) {
      const { body } = await this.get(runPath(workflowId))
      if (body['closedAt'] !== undefined) return body
      await delay(50)
    }
    throw new Error(`${workflowId} does not end`)
  }

  async #ask(method: string, path: string, request: RequestInit): Promise<ApiAnswer> {
    const answer = await fetch(`${this.url}${path}`, { ...request, method: method.toUpperCase() })
    const { operationId, responses } = this.#operation(method, path)
    const schema = responses[answer.status]?.content['application/json']?.schema
    assert.ok(schema, `${operationId} does not say that it answers ${answer.status}`)
    const body = objectSchema.parse(await answer.json())
    z.fromJSONSchema(this.#resolved(schema)).parse(body)
    if (answer.status < 300) this.seen.add(operationId)
    return { status: answer.status, headers: answer.headers, body }
  }

  #operation(method: string, path: string) {
    const [asked = ''] = path.split('?')
    for (const [template, methods] of Object.entries(this.#document.paths)) {
      const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
      const operation = methods[method]
      if (pattern.test(asked) && operation !== undefined) return operation
    }
    throw new Error(`the document has no ${method} ${path}`)
  }

  #resolved(schema: unknown) {
    const { $ref } = z.looseObject({ $ref: z.string().optional() }).parse(schema)
    if ($ref === undefined) return schemaSchema.parse(schema)
    assert.equal($ref, '#/components/schemas/Failure')
    return schemaSchema.parse(this.#document.components.schemas.Failure)
  }
}

const schemaSchema = z.record(z.string(), z.json())

export function runPath(workflowId: string): string {
  return `/runs/${encodeURIComponent(workflowId)}`
}
