import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { errorCode } from './error-code.ts'
import { tooLarge, type HttpAnswer } from './receive-answer.ts'

const decompress = promisify(gunzip)

/** Of a file that is gzip and is sent as gzip. More would be a mistake, or made to cost us. */
const maxLayers = 2

export interface DecodedAnswer extends HttpAnswer {
  /** Whether a cut body would have been noticed: gzip ends with a checksum and a length. */
  readonly isProven: boolean
}

/**
 * The body without gzip, be it declared or the file's own: no page of a text format begins like it.
 *
 * @throws PipelineError SOURCE_MALFORMED for another content encoding, PAGE_TOO_LARGE
 * @throws Error when the gzip was cut off or its checksum is wrong
 */
export async function decodeBody(
  answer: HttpAnswer,
  { maxBytes, shown }: { readonly maxBytes: number; readonly shown: string },
): Promise<DecodedAnswer> {
  const encodings = (answer.headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity')
  const isDeclared = encodings.length > 0
  if (encodings.some((encoding) => encoding !== 'gzip' && encoding !== 'x-gzip')) {
    throw undecodable('is in a content encoding that was not asked for', shown)
  }
  let { body } = answer
  if (isDeclared && body.length > 0 && !isGzip(body)) {
    throw undecodable('is declared to be gzip, and is not', shown)
  }
  let layers = 0
  for (; isGzip(body); layers += 1) {
    if (layers === maxLayers) throw undecodable('is gzip within gzip within gzip', shown)
    body = await unzip(body, maxBytes, shown)
  }
  return { ...answer, body, isProven: answer.isFramed || layers > 0 }
}

function isGzip(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b
}

/** All members; half a gzip, or one with a wrong checksum, is an error. */
async function unzip(body: Buffer, maxBytes: number, shown: string): Promise<Buffer> {
  try {
    return await decompress(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes, shown)
    throw new Error('the gzip body was cut off or is damaged', { cause: error })
  }
}

function undecodable(what: string, shown: string): PipelineError {
  return new PipelineError('SOURCE_MALFORMED', `the body ${what}`, {
    at: { url: shown },
    remedy: 'Tell the owner of the source; it was asked for gzip or plain bodies.',
    retryable: true,
  })
}
