import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { SourceFormat } from '../source-definition.ts'

/** DuckDB reads files side by side, but a file of its buffer's size, which is 32 MiB, with one thread. */
const fileBytes = 1024 * 1024

const lineFeed = 0x0a

/** Writes records one after the other to files of about 1 MiB, each of which ends with a record. */
export class RecordsWriter {
  readonly #folder: string
  readonly #prefix: string
  readonly #format: SourceFormat
  readonly #paths: string[] = []
  #file: FileHandle | undefined
  #fileBytes = 0
  #sizeBytes = 0

  /** @param prefix Of the files' names. */
  constructor(folder: string, prefix: string, format: SourceFormat) {
    this.#folder = folder
    this.#prefix = prefix
    this.#format = format
  }

  /** What the paths of all files match, and no others that this class has written. */
  get pattern(): string {
    return join(this.#folder, `${this.#prefix}-*.${this.#format}`)
  }

  /** In the order of the records; one at least, as soon as it is finished. */
  get paths(): readonly string[] {
    return this.#paths
  }

  /** Of all files. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** @param pieces Of whole records, each ended by LF; a piece may end anywhere. */
  async write(pieces: readonly Buffer[]): Promise<void> {
    if (this.#fileBytes >= fileBytes) await this.#close()
    for (const piece of pieces) {
      for (let start = 0; start < piece.length;) {
        const end = this.#endOf(piece, start)
        const file = (this.#file ??= await this.#next())
        await file.writeFile(piece.subarray(start, end))
        this.#fileBytes += end - start
        this.#sizeBytes += end - start
        if (end < piece.length) await this.#close()
        start = end
      }
    }
  }

  async finish(): Promise<void> {
    if (this.#paths.length === 0) this.#file = await this.#next()
    await this.#close()
  }

  /** Where what stands in a piece from `start` has to go on in another file. */
  #endOf(piece: Buffer, start: number): number {
    const room = Math.max(fileBytes - this.#fileBytes, 0)
    // A line of CSV may end inside of a record.
    if (this.#format === 'csv' || piece.length - start <= room) return piece.length
    const found = piece.indexOf(lineFeed, start + room)
    return found === -1 ? piece.length : found + 1
  }

  async #next(): Promise<FileHandle> {
    const path = join(this.#folder, `${this.#prefix}-${this.#paths.length}.${this.#format}`)
    const file = await open(path, 'w')
    this.#paths.push(path)
    return file
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#fileBytes = 0
    await file?.close()
  }
}
