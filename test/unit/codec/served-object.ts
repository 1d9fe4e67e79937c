import type { ServerResponse } from 'node:http'
import { resetLater } from '../../support/reset-later.ts'
import { refuse, type SeenRequest } from './fake-s3-server.ts'

export interface ServedObject {
  readonly body: Uint8Array
  readonly etag?: string
  /** Answers 200 with everything, whatever range is asked for. */
  readonly ignoresRange?: boolean
  /** Answers whatever etag is asked for. */
  readonly ignoresIfMatch?: boolean
  /** Sends so many bytes of each answer, then does as `cut` says. */
  readonly sentBytes?: number
  readonly cut?: Cut
}

export type Cut = 'closed' | 'reset' | 'silent'

/** Answers GET and HEAD as a store does that has `object`. */
export function serveObject(
  { method, headers }: SeenRequest,
  response: ServerResponse,
  object: ServedObject,
): void {
  const { body, etag, ignoresRange = false, ignoresIfMatch = false } = object
  const { 'if-match': ifMatch, range } = headers
  if (!ignoresIfMatch && ifMatch !== undefined && ifMatch !== `"${etag}"`) {
    refuse(response, 412, 'PreconditionFailed')
    return
  }
  const [, first, end] = /^bytes=(\d+)-(\d*)$/.exec(range ?? 'bytes=0-') ?? []
  const start = ignoresRange ? 0 : Number(first)
  if (range !== undefined && start >= body.byteLength) {
    refuse(response, 416, 'InvalidRange')
    return
  }
  const isPart = range !== undefined && !ignoresRange
  const all = body.byteLength - 1
  const last = ignoresRange || !end ? all : Math.min(Number(end), all)
  response.writeHead(isPart ? 206 : 200, {
    'content-length': String(last + 1 - start),
    ...(etag === undefined ? {} : { etag: `"${etag}"` }),
    ...(isPart ? { 'content-range': `bytes ${start}-${last}/${body.byteLength}` } : {}),
  })
  const wanted = body.subarray(start, last + 1)
  const { sentBytes = wanted.byteLength, cut } = object
  if (method === 'HEAD') response.end()
  else if (sentBytes >= wanted.byteLength) response.end(wanted)
  else response.write(wanted.subarray(0, sentBytes), () => cutOff(response, cut))
}

function cutOff(response: ServerResponse, cut: Cut | undefined): void {
  if (cut === 'closed') response.socket?.end()
  if (cut === 'reset') resetLater(response.socket)
}
