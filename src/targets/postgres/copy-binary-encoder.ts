import type { PartChunk } from '../../../activities/part-chunk.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { type CopyColumn, copyColumns } from './copy-column.ts'
import { CopyWriter } from './copy-writer.ts'

/** Rows between two looks at the buffers that are full: bounds what waits in memory. */
const ROWS_PER_TURN = 1024

/** `PGCOPY\n\xff\r\n\0`, no flags, no extension. */
const HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex')
/** In the place of a row's column count. */
const TRAILER = Buffer.from('ffff', 'hex')

export interface CopyBinaryOptions {
  readonly columns: readonly ColumnDefinition[]
  readonly chunks: AsyncIterable<PartChunk>
  /**
   * The high word of each row's position; the low word counts the rows from 0.
   * @default none: rows are written without a position
   */
  readonly partNumber?: number | undefined
}

export interface CopyBinary {
  /** The bytes of a `COPY … ([_position,] …columns) FROM STDIN (FORMAT binary)`. */
  readonly bytes: AsyncIterable<Buffer>
  /** Rows written so far. */
  rowCount(): number
  /**
   * Gives back one of `bytes`, once and only when nobody reads it any more (a socket may hold what it
   * was given for long): it is filled again.
   */
  giveBack(buffer: Buffer): void
}

/**
 * Writes columns as PostgreSQL's binary COPY format, row by row. Each buffer is handed over: the writer
 * goes on in another one, until it is given back.
 *
 * The iteration throws PipelineError TARGET_MISMATCH for a value that the declared type cannot
 * hold; it names column and row, not the value.
 */
export function copyBinary(options: CopyBinaryOptions): CopyBinary {
  let row = 0
  const writer = new CopyWriter()
  async function* encode(): AsyncGenerator<Buffer> {
    writer.raw(HEADER)
    for await (const chunk of options.chunks) {
      const columns = copyColumns(options.columns, chunk, row)
      for (let start = 0; start < chunk.rowCount; start += ROWS_PER_TURN) {
        const end = Math.min(start + ROWS_PER_TURN, chunk.rowCount)
        writeRows(writer, columns, start, end, options.partNumber, row)
        row += end - start
        yield* writer.takeFull()
      }
    }
    writer.raw(TRAILER)
    yield* writer.takeAll()
  }
  return {
    bytes: encode(),
    rowCount: () => row,
    giveBack: (buffer) => writer.giveBack(buffer),
  }
}

function writeRows(
  writer: CopyWriter,
  columns: readonly CopyColumn[],
  start: number,
  end: number,
  partNumber: number | undefined,
  position: number,
): void {
  for (let row = start; row < end; row += 1) {
    if (partNumber === undefined) writer.startRow(columns.length)
    else writer.startPlacedRow(columns.length + 1, partNumber, position + row - start)
    for (const column of columns) column.write(writer, row)
  }
}
