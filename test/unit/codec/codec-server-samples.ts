import {
  createCodecServer,
  type ClaimCheckCodecOptions,
  type CodecServerOptions,
} from '../../../codec/index.ts'
import type { PayloadJson } from '../../../codec/payload-json.ts'
import { codecOn } from './codec-samples.ts'
import type { WatchedStore } from './watched-store.ts'

export const UI_ORIGIN = 'http://localhost:8233'

export type CodecServer = ReturnType<typeof createCodecServer>

export interface Asked {
  readonly status: number
  readonly headers: Headers
  /** What the body holds, as text too: nothing may hide in it. */
  readonly text: string
  readonly payloads: PayloadJson[]
  readonly code: string | undefined
  readonly errors: readonly { readonly index: number; readonly code: string }[]
}

export function serverOn(
  store: WatchedStore,
  options: Partial<CodecServerOptions> = {},
  codecOptions: Partial<ClaimCheckCodecOptions> = {},
): CodecServer {
  return createCodecServer({ codecs: { default: codecOn(store, codecOptions) }, ...options })
}

export async function send(server: CodecServer, request: Request): Promise<Asked> {
  const response = await server(request)
  const text = await response.text()
  const body = (text === '' ? {} : JSON.parse(text)) as Partial<Asked>
  return {
    status: response.status,
    headers: response.headers,
    text,
    payloads: body.payloads ?? [],
    code: body.code,
    errors: body.errors ?? [],
  }
}

/** Asks as the CLI does; `route` may have a query, as the Temporal UI's has. */
export async function ask(
  server: CodecServer,
  route: string,
  payloads: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Asked> {
  return send(
    server,
    new Request(`http://127.0.0.1/any/base/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-namespace': 'default', ...headers },
      body: JSON.stringify({ payloads }),
    }),
  )
}

export function jsonPayload(value: unknown): PayloadJson {
  return rawPayload(Buffer.from(JSON.stringify(value)), 'json/plain')
}

export function rawPayload(data: Uint8Array, encoding = 'binary/plain'): PayloadJson {
  return {
    metadata: { encoding: Buffer.from(encoding).toString('base64') },
    data: Buffer.from(data).toString('base64'),
  }
}

export function textOf(base64: unknown): string {
  return Buffer.from(String(base64), 'base64').toString('utf8')
}
