import type { ErrorPlace } from '../../codec/index.ts'
import type { ItemStream } from '../item-source.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { TextFormat } from '../source-definition.ts'
import { ByteWindow } from './byte-window.ts'
import { findCut } from './record-ends.ts'

/** Bytes of a stream that are a page by themselves. */
export interface CutPage {
  /** With the header in front, where CSV goes on. */
  readonly body: Buffer
  readonly startBytes: number
  readonly endBytes: number
  /** Whether the stream ends with it. */
  readonly isLast: boolean
}

/** What files begin with that are no text of any format, in hexadecimal digits. */
const otherBeginnings: readonly (readonly [RegExp, string])[] = [
  [/^1f8b/, 'gzip'],
  [/^28b52ffd/, 'zstd'],
  [/^504b0304/, 'a ZIP file'],
  [/^425a683[1-9](314159|177245)/, 'bzip2'],
  [/^fd377a585a00/, 'xz'],
  [/^04224d18/, 'lz4'],
  [/^ff060000734e6150/, 'Snappy'],
  [/^78(01|9c|da)/, 'zlib'],
  [/^504152311[58]/, 'Parquet'],
  [/^4f626a01/, 'Avro'],
  [/^53514c69746520666f726d6174203300/, 'a database of SQLite'],
  [/^d0cf11e0/, 'an old file of Excel'],
]

/** Letters of UTF-16, low or high byte first, as far as they are those of ASCII. */
const zeroBytes = /^(?:(?:(?!00)..00){4}|(?:00(?!00)..){4})/

export interface PageReaderOptions {
  /** Of the item, for messages. */
  readonly item: string
  readonly format: TextFormat
  /** What pages are cut at: one is larger only where a single record is. */
  readonly targetBytes: number
  /** A page that would be larger is refused. */
  readonly pageBytes: number
  readonly signal: AbortSignal
}

/**
 * Cuts a stream into pages, each of whole records. Where a page ends depends on its start and on the
 * bytes alone, never on how they arrive. Memory holds a page and the chunk that reached beyond it.
 */
export class PageReader {
  readonly #options: PageReaderOptions
  readonly #bytes: ByteWindow

  constructor(stream: ItemStream, options: PageReaderOptions) {
    this.#options = options
    const { targetBytes, signal } = options
    this.#bytes = new ByteWindow(stream, targetBytes, signal)
  }

  /**
   * The page that begins at a position, which is the stream's start or the end of a page; undefined at
   * the stream's end.
   *
   * @param header Of CSV, where it goes on behind its first page.
   * @throws PipelineError PAGE_TOO_LARGE, and SOURCE_MALFORMED for text that is not UTF-8
   */
  async pageAt(startBytes: number, header: Buffer | undefined): Promise<CutPage | undefined> {
    const bytes = this.#bytes
    const { item, format, pageBytes } = this.#options
    const at = { item, pageStartBytes: startBytes }
    const headerBytes = header?.length ?? 0
    const targetBytes = format === 'json' ? pageBytes : this.#options.targetBytes
    await bytes.goTo(startBytes)
    let wantedBytes = Math.max(targetBytes - headerBytes, 0) + 1
    for (;;) {
      await bytes.fill(wantedBytes)
      if (bytes.length === 0) return undefined
      if (startBytes === 0) refuseOtherBytes(bytes.view(), at)
      const body = bytes.view(header)
      const isWhole = bytes.isEnded && body.length <= targetBytes
      let cut = isWhole ? body.length : findCut(body, format, targetBytes)
      if (bytes.isEnded) cut ??= body.length
      if ((cut ?? body.length) > pageBytes) throw tooLarge(pageBytes, format, at)
      if (cut === undefined) {
        wantedBytes = Math.min(pageBytes + 1, bytes.length * 2)
        continue
      }
      const page = bytes.take(cut - headerBytes, header)
      await bytes.fill(1)
      return {
        body: startBytes > 0 && format === 'ndjson' ? behindNoMark(page) : page,
        startBytes,
        endBytes: startBytes + cut - headerBytes,
        isLast: bytes.length === 0,
      }
    }
  }

  close(): Promise<void> {
    return this.#bytes.close()
  }
}

/**
 * A byte order mark is none in the middle of a stream, but what else its record is: an empty line
 * keeps it from the page's start.
 */
function behindNoMark(page: Buffer): Buffer {
  const hasMark = page[0] === 0xef && page[1] === 0xbb && page[2] === 0xbf
  return hasMark ? Buffer.concat([Buffer.from('\n'), page]) : page
}

function refuseOtherBytes(start: Buffer, at: ErrorPlace): void {
  const beginning = start.toString('hex', 0, 16)
  const isMarked = /^(fffe|feff)/.test(beginning)
  if (isMarked || zeroBytes.test(beginning)) {
    const by = isMarked ? 'its byte order mark' : 'the zeros between its letters'
    throw new PipelineError('SOURCE_MALFORMED', `the text is UTF-16, by ${by}`, {
      at,
      remedy: 'Write it as UTF-8, with or without a byte order mark; no other encoding is read.',
    })
  }
  const [, what] = otherBeginnings.find(([pattern]) => pattern.test(beginning)) ?? []
  if (what === undefined) return
  throw new PipelineError('SOURCE_MALFORMED', `the file is no text: it begins like ${what}`, {
    at,
    remedy:
      'Deliver it as text, compressed by gzip or zstd at most, or correct `source.format` and `source.compression`.',
  })
}

function tooLarge(pageBytes: number, format: TextFormat, at: ErrorPlace): PipelineError {
  const json =
    'JSON is read whole: raise `limits.page_bytes` of the pipeline file, or write NDJSON.'
  const records =
    'Raise `limits.page_bytes` of the pipeline file if there are such records; in CSV a quote that is not closed makes one of all that follows.'
  return new PipelineError(
    'PAGE_TOO_LARGE',
    `${format === 'json' ? 'the body' : 'a single record'} is larger than ${pageBytes} bytes`,
    { at, remedy: format === 'json' ? json : records },
  )
}
