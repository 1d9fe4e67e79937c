import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { FileSourceDefinition, OpenItem } from '../../../activities/index.ts'
import { beginReading } from './begin-reading.ts'
import type { OpenFile } from './file-store.ts'
import { skipBytes } from './read-on.ts'
import { compressionOf, magicBytes, unpack } from './unpack.ts'

/**
 * A file as an item: its one stream, unpacked.
 *
 * @param at The file's place for messages.
 * @throws PipelineError SOURCE_MALFORMED where a cut file would pass for a whole one, and those of
 * reading its first bytes
 */
export async function openItem(
  file: OpenFile,
  { format, compression: declared }: FileSourceDefinition,
  at: Readonly<Record<string, string>>,
): Promise<OpenItem> {
  const reading = await beginReading(file, magicBytes)
  const compression = declared ?? compressionOf(reading.beginning)
  const showsEnd = compression !== 'none' || format === 'json' || format === 'parquet'
  if (!file.isFramed && !showsEnd) {
    throw new PipelineError('SOURCE_MALFORMED', 'nothing tells the length of the file', {
      at,
      remedy:
        'Have it sent with Content-Length, in chunks or compressed: a cut file would pass for a whole one.',
    })
  }
  const stream =
    compression === 'none'
      ? { isSeekable: file.isSeekable, read: (fromBytes: number) => reading.read(fromBytes) }
      : {
          isSeekable: false,
          read: (fromBytes: number) =>
            skipBytes(
              unpack(reading.read(0), compression, { at, retryable: !file.isFramed }),
              fromBytes,
            ),
        }
  return { version: file.version, streams: [stream], close: () => reading.close() }
}
