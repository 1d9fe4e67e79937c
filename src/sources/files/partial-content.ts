import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { Validator } from './validator.ts'

/** Which bytes of a file an answer with status 206 holds. */
export interface ContentRange {
  readonly fromBytes: number
  /** Of the part. */
  readonly sizeBytes: number
  /** Whether the file ends where the part does. */
  readonly isLast: boolean
}

/** Reads a `Content-Range` header; undefined for one that says nothing, or of a file of another length. */
export function readContentRange(
  header: string | undefined,
  { lengthBytes }: Pick<Validator, 'lengthBytes'>,
): ContentRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header ?? '')
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  const whole = match[3] === '*' ? lengthBytes : Number(match[3])
  if (lengthBytes !== undefined && whole !== lengthBytes) return undefined
  if (last < first || (whole !== undefined && last >= whole)) return undefined
  return {
    fromBytes: first,
    sizeBytes: last + 1 - first,
    isLast: whole === undefined || last + 1 === whole,
  }
}

/**
 * The bytes of a part. A server may send less than it is asked for: what is missing then counts as cut
 * off.
 *
 * @throws PipelineError SOURCE_UNREACHABLE, SOURCE_MALFORMED
 */
export async function* partOf(
  body: AsyncIterable<Uint8Array>,
  { fromBytes, sizeBytes, isLast }: ContentRange,
  shown: string,
): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0
  for await (const chunk of body) {
    receivedBytes += chunk.byteLength
    if (receivedBytes > sizeBytes) throw wrongRange(fromBytes, shown)
    yield chunk
  }
  if (receivedBytes < sizeBytes) throw wrongRange(fromBytes, shown)
  if (isLast) return
  throw new PipelineError('SOURCE_UNREACHABLE', 'the source sends a part of what it is asked for', {
    at: { url: shown },
    remedy: 'Ask its owner to let files be read to their end.',
    retryable: true,
  })
}

/** Of a file that has ended already. */
export async function* nothing(): AsyncGenerator<Uint8Array> {}

export function wrongRange(fromBytes: number, shown: string): PipelineError {
  const what = `asked for the bytes from ${fromBytes} on, the source sends others`
  return new PipelineError('SOURCE_MALFORMED', what, {
    at: { url: shown },
    remedy: 'Look for a proxy that keeps or rewrites ranges.',
    retryable: true,
  })
}
