import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { StreamedAnswer } from '../stream-answer.ts'
import { fileChanged } from './file-errors.ts'
import type { OpenFile } from './file-store.ts'
import { provedBytes } from './proved-bytes.ts'
import { readOn, skipBytes } from './read-on.ts'
import { nothing, partOf, readContentRange, wrongRange } from './partial-content.ts'
import { mayBeSame, readValidator, versionOf } from './validator.ts'

/** Asks for a file with some more headers; an answer of another status is an error. */
export type AskForBytes = (
  rangeHeaders: Readonly<Record<string, string>>,
  statuses: readonly number[],
) => Promise<StreamedAnswer>

export interface OpenHttpFileOptions {
  /** The address for messages. */
  readonly shown: string
  /** Also aborted by `closing`. */
  readonly signal: AbortSignal
  readonly closing: AbortController
  readonly firstDelayMs: number
}

/**
 * Opens a file of an HTTP server. What is cut off goes on by a range, where the file has a strong ETag;
 * else it is read from its start again, and what comes again has to be what came before.
 *
 * @throws PipelineError SOURCE_UNREACHABLE, SOURCE_REFUSED, SOURCE_MALFORMED, FILE_MISSING and those of
 * settings and hosts
 */
export async function openHttpFile(
  ask: AskForBytes,
  options: OpenHttpFileOptions,
): Promise<OpenFile> {
  const { shown, signal, closing, firstDelayMs } = options
  let unread: StreamedAnswer | undefined = await ask({}, [200])
  const { headers, isFramed } = unread
  const close = async (): Promise<void> => {
    closing.abort()
    unread?.close()
  }
  try {
    checkEncoding(headers['content-encoding'], shown)
  } catch (error) {
    await close()
    throw error
  }
  const validator = readValidator(headers)
  const { strongEtag } = validator
  const takesRanges = /\bbytes\b/i.test(headers['accept-ranges'] ?? '')
  const version = versionOf(validator)

  async function openAt(fromBytes: number): Promise<AsyncIterable<Uint8Array>> {
    const kept = unread
    unread = undefined
    if (kept !== undefined && fromBytes === 0) return kept.body
    kept?.close()
    if (strongEtag === undefined || fromBytes === 0) return wholeAgain()
    // Servers differ in what they answer to one who has everything.
    return fromBytes === validator.lengthBytes ? nothing() : rangeFrom(fromBytes, strongEtag)
  }

  async function wholeAgain(): Promise<AsyncIterable<Uint8Array>> {
    return bodyOfSame(await ask({}, [200]))
  }

  /** The body of a whole answer, where it may stand for the first one's. */
  function bodyOfSame({
    headers: now,
    body,
    ...answer
  }: StreamedAnswer): AsyncIterable<Uint8Array> {
    const isSame = now['content-encoding'] === headers['content-encoding']
    if (isSame && mayBeSame(validator, readValidator(now)) && (answer.isFramed || !isFramed)) {
      return body
    }
    answer.close()
    throw isSame && !answer.isFramed ? endUnknown(shown) : fileChanged({ url: shown })
  }

  async function rangeFrom(fromBytes: number, etag: string): Promise<AsyncIterable<Uint8Array>> {
    const range = { range: `bytes=${fromBytes}-`, 'if-range': etag }
    const answer = await ask(range, [200, 206, 412, 416])
    const { status, headers: now, body } = answer
    if (status === 200) return skipBytes(bodyOfSame(answer), fromBytes)
    if (status === 206 && now.etag === etag) {
      const part = readContentRange(now['content-range'], validator)
      if (part?.fromBytes === fromBytes) return partOf(body, part, shown)
      answer.close()
      throw wrongRange(fromBytes, shown)
    }
    answer.close()
    // All had come but the end of the last chunk.
    if (status === 416 && now['content-range'] === `bytes */${fromBytes}`) return nothing()
    // A part that does not say of what: only the whole can be trusted.
    if (status === 206 && now.etag === undefined) {
      return skipBytes(await wholeAgain(), fromBytes)
    }
    throw fileChanged({ url: shown })
  }

  return {
    version,
    isSeekable: strongEtag !== undefined && takesRanges,
    isFramed,
    read(fromBytes) {
      const common = { signal, firstDelayMs }
      if (strongEtag !== undefined) return readOn({ ...common, fromBytes, openAt })
      const proved = provedBytes({ shown, openAt, ...common })
      return fromBytes === 0 ? proved : skipBytes(proved, fromBytes)
    },
    close,
  }
}

/** A cut of it would pass for the file's own end, though the first answer has told that one. */
function endUnknown(shown: string): PipelineError {
  return new PipelineError('SOURCE_UNREACHABLE', 'asked anew, the source tells no length', {
    at: { url: shown },
    remedy:
      'Have the file sent with Content-Length or in chunks by all servers behind the address.',
    retryable: true,
  })
}

/** gzip and zstd are read as the file's own compression; of anything else nothing could be made. */
function checkEncoding(encoding: string | undefined, shown: string): void {
  if (/^(|identity|x-gzip|gzip|zstd)$/i.test(encoding?.trim() ?? '')) return
  throw new PipelineError('SOURCE_MALFORMED', 'the file is sent in an encoding not asked for', {
    at: { url: shown },
    remedy: 'Have the server send it as it is: it was asked for no content encoding.',
  })
}
