import type { PayloadCodec } from '@temporalio/common'
import { createAccess, type Access } from './codec-server-access.ts'
import {
  answerError,
  answerMarked,
  answerPayloads,
  answerWhole,
  failuresIn,
} from './codec-server-answer.ts'
import { decodeEach } from './codec-server-decode.ts'
import { CodecServerError } from './codec-server-error.ts'
import { toCodedError } from './codec-server-failure.ts'
import { readPayloads } from './codec-server-request.ts'
import type { CodedError } from './coded-error.ts'
import { fromPayloadJson, toPayloadJson, type PayloadJson } from './payload-json.ts'

export interface CodecServerOptions {
  /**
   * The namespaces that are served, each with its codec; `X-Namespace` of a request names one. Give
   * them a `maxPayloadBytes` no larger than `maxDecodedBytes`: so much may one payload be inflated to.
   */
  readonly codecs: Readonly<Record<string, PayloadCodec>>
  /** Asked for as `Authorization: Bearer …`. @default none */
  readonly token?: string | undefined
  /** Origins of the pages that may ask, e.g. `http://localhost:8233`; never `*`. @default [] */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Longer requests are refused. @default 33_554_432 (32 MiB) */
  readonly maxBodyBytes?: number | undefined
  /** Payload bytes of one answer; at most 256 MiB. @default 67_108_864 (64 MiB) */
  readonly maxDecodedBytes?: number | undefined
  /** Hears of every refusal; an answer says of a defect only that it is one, its `cause` says all. */
  readonly onFailure?: ((error: CodedError) => void) | undefined
}

/** JSON in base64 has to fit one string of JavaScript. */
const mostDecodedBytes = 256 * 1024 ** 2

/**
 * The codec as a Web-standard handler, for the Temporal UI and CLI. It looks only at the end of the
 * path (`/encode`, `/decode`, `/download`), so it can be mounted anywhere:
 *
 *     const handler = createCodecServer({ codecs: { default: codec }, allowedOrigins: [uiOrigin] })
 *     new Hono().all('/codec/*', (c) => handler(c.req.raw))
 *
 * `docs/web.md` says what it answers and why. Throws `RangeError` for options that cannot be used.
 */
export function createCodecServer(
  options: CodecServerOptions,
): (request: Request) => Promise<Response> {
  const server: CodecServer = {
    access: createAccess(options),
    codecs: new Map(Object.entries(options.codecs)),
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 ** 2,
    maxDecodedBytes: options.maxDecodedBytes ?? 64 * 1024 ** 2,
    onFailure: options.onFailure ?? (() => undefined),
  }
  if (server.maxDecodedBytes > mostDecodedBytes) {
    throw new RangeError(`maxDecodedBytes must be at most ${mostDecodedBytes}`)
  }
  return async (request) => {
    const response = await answer(server, request)
    for (const [name, value] of Object.entries(server.access.corsHeaders(request))) {
      response.headers.set(name, value)
    }
    // It holds what somebody was allowed to see now.
    response.headers.set('cache-control', 'no-store')
    return response
  }
}

interface CodecServer {
  readonly access: Access
  readonly codecs: ReadonlyMap<string, PayloadCodec>
  readonly maxBodyBytes: number
  readonly maxDecodedBytes: number
  readonly onFailure: (error: CodedError) => void
}

async function answer(server: CodecServer, request: Request): Promise<Response> {
  try {
    server.access.checkOrigin(request)
    const { pathname, searchParams } = new URL(request.url)
    const route = /\/(encode|decode|download)$/.exec(pathname)?.[1]
    if (route === undefined) return refuseRequest('This is no path of a codec server', 404)
    if (request.method === 'OPTIONS') return new Response(null, { status: 204 })
    if (request.method !== 'POST') return refuseRequest('A codec server takes POST only', 405)
    server.access.checkToken(request)
    const codec = codecFor(request, server.codecs)
    const payloads = await readPayloads(request, server.maxBodyBytes)
    if (route === 'encode') return answerPayloads(await encodeAll(payloads, codec))
    const outcomes = await decodeEach(payloads, {
      codec,
      maxDecodedBytes: server.maxDecodedBytes,
      keepsReferences: route === 'decode' && searchParams.get('preserveStorageRefs') === 'true',
    })
    for (const { error } of failuresIn(outcomes)) server.onFailure(error)
    return route === 'decode' ? answerMarked(payloads, outcomes) : answerWhole(outcomes)
  } catch (error) {
    server.onFailure(toCodedError(error))
    return answerError(error)
  }
}

function codecFor({ headers }: Request, codecs: CodecServer['codecs']): PayloadCodec {
  const namespace = headers.get('x-namespace') ?? ''
  const codec = codecs.get(namespace)
  if (codec !== undefined) return codec
  const what =
    namespace === '' ? 'The request names no namespace' : 'The namespace is not served here'
  throw new CodecServerError('CODEC_NAMESPACE_UNKNOWN', what, {
    remedy: `Send X-Namespace with one of: ${[...codecs.keys()].join(', ')}.`,
  })
}

/** Together, since the codec looks at the list as a whole. */
async function encodeAll(
  payloads: readonly PayloadJson[],
  codec: PayloadCodec,
): Promise<PayloadJson[]> {
  const given = payloads.map(fromPayloadJson)
  const encoded = await codec.encode(given)
  if (encoded.length !== given.length) throw new TypeError('the codec lost a payload')
  return encoded.map((payload, index) => {
    const json = payloads[index]
    return json !== undefined && payload === given[index] ? json : toPayloadJson(payload)
  })
}

function refuseRequest(what: string, status: 404 | 405): Response {
  const error = new CodecServerError('CODEC_REQUEST_INVALID', what, {
    remedy: 'POST to a path that ends in /encode, /decode or /download.',
  })
  return answerError(error, status)
}
