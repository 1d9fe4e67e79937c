import { open, type FileHandle } from 'node:fs/promises'
import { readNumberFile, writeNumberFile } from './number-file.ts'
import type { RowRun } from './row-run.ts'
import { scanLineEnds } from './scan-line-ends.ts'
import { writeOnce } from './write-once.ts'

const STREAM_CHUNK_BYTES = 512 << 10

/** Neighbouring rows of a table, rendered into one file with an index of where each begins. */
export class SegmentFile {
  readonly #file: FileHandle
  readonly #offsets: Uint32Array

  private constructor(file: FileHandle, offsets: Uint32Array) {
    this.#file = file
    this.#offsets = offsets
  }

  /** Opens the file, or renders it first where it is not there, or not whole. */
  static async open(
    path: string,
    rowCount: number,
    render: (path: string) => Promise<void>,
  ): Promise<SegmentFile> {
    const kept = await SegmentFile.#openKept(path, rowCount)
    if (kept) return kept
    await writeOnce(path, async (temporaryPath) => {
      await render(temporaryPath)
      await writeNumberFile(indexPath(path), await scanLineEnds(temporaryPath))
    })
    const rendered = await SegmentFile.#openKept(path, rowCount)
    if (rendered) return rendered
    throw new Error(`${path} was rendered and does not hold ${rowCount} rows`)
  }

  static async #openKept(path: string, rowCount: number): Promise<SegmentFile | undefined> {
    const offsets = await readNumberFile(indexPath(path))
    if (offsets?.length !== rowCount + 1) return undefined
    let file: FileHandle
    try {
      file = await open(path)
    } catch {
      return undefined
    }
    if ((await file.stat()).size === offsets.at(-1)) return new SegmentFile(file, offsets)
    await file.close()
    return undefined
  }

  /** The rows `[from, to)`, counted from the segment's first. */
  rows(from: number, to: number): RowRun {
    const file = this.#file
    const offsets = this.#offsets
    const start = this.#offset(from)
    const byteLength = this.#offset(to) - start
    return {
      byteLength,
      read: (target, at) => readFully(file, target.subarray(at, at + byteLength), start),
      joinWith(byte, target, at) {
        const shift = at - start - 1
        for (let row = from + 1; row <= to; row += 1) target[shift + (offsets[row] ?? 0)] = byte
      },
      async *stream() {
        for (let at = 0; at < byteLength; at += STREAM_CHUNK_BYTES) {
          const chunk = Buffer.allocUnsafe(Math.min(STREAM_CHUNK_BYTES, byteLength - at))
          await readFully(file, chunk, start + at)
          yield chunk
        }
      },
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #offset(row: number): number {
    const offset = this.#offsets[row]
    if (offset === undefined) throw new RangeError(`row ${row} is not in the segment`)
    return offset
  }
}

function indexPath(path: string): string {
  return `${path}.offsets`
}

async function readFully(file: FileHandle, target: Buffer, start: number): Promise<void> {
  for (let at = 0; at < target.length;) {
    const { bytesRead } = await file.read(target, at, target.length - at, start + at)
    if (bytesRead === 0) throw new Error('a segment file became shorter while it was open')
    at += bytesRead
  }
}
