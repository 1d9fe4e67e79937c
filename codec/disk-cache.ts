import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { sweepCacheDirectory } from './disk-cache-sweep.ts'

export interface DiskCacheOptions {
  /** Made if it is not there. May be shared by several processes of one user. */
  readonly directory: string
  /** Bytes of all files together. */
  readonly maxBytes: number
  /** Told of the first thing that goes wrong; the cache then goes on as well as it can. */
  readonly onTrouble?: (error: unknown) => void
}

/**
 * Byte arrays by key in a directory, the least recently used dropped when together they exceed
 * `maxBytes`. What it gives is to be verified: the disk may have changed it. No trouble of the disk
 * is the caller's: what cannot be read is not there, what cannot be written is not kept.
 *
 * The files are the only truth, as other processes write and drop them too. So the bytes in use are
 * counted anew whenever a tenth of `maxBytes` was written since; that is also what each further
 * process may go over the limit by.
 */
export class DiskCache {
  readonly #directory: string
  readonly #maxBytes: number
  readonly #onTrouble: (error: unknown) => void
  #hadTrouble = false
  /** As of the last count, and what was written since; without a number, not counted yet. */
  #countedBytes: number | undefined
  #writtenBytes = 0
  /** One write after the other, so that together they keep to the limit. */
  #writing: Promise<void> = Promise.resolve()

  constructor(options: DiskCacheOptions) {
    this.#directory = options.directory
    this.#maxBytes = options.maxBytes
    this.#onTrouble = options.onTrouble ?? (() => undefined)
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    let file: FileHandle | undefined
    try {
      file = await open(this.#pathOf(key), 'r')
      const { size } = await file.stat()
      // Not one of ours, and nobody wants it in memory.
      if (size > this.#maxBytes) return undefined
      const bytes = await file.readFile()
      const now = new Date()
      await file.utimes(now, now).catch((error: unknown) => this.#note(error))
      return bytes
    } catch (error) {
      this.#note(error)
      return undefined
    } finally {
      await file?.close().catch((error: unknown) => this.#note(error))
    }
  }

  /** Bytes longer than the whole cache are not kept. To be awaited: writes that wait hold memory. */
  async set(key: string, bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength > this.#maxBytes) return
    const write = async (): Promise<void> => this.#write(this.#pathOf(key), bytes)
    this.#writing = this.#writing.then(write, write)
    await this.#writing
  }

  async delete(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true }).catch((error: unknown) => this.#note(error))
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${path}.${randomUUID()}.tmp`
    try {
      await this.#makeRoom(bytes.byteLength)
      await writeFile(temporary, bytes, { flag: 'wx', mode: 0o600 })
      await rename(temporary, path)
    } catch (error) {
      this.#note(error)
      // The directory may have gone, or be full of what others wrote.
      this.#countedBytes = undefined
      await rm(temporary, { force: true }).catch(() => undefined)
    }
  }

  async #makeRoom(neededBytes: number): Promise<void> {
    this.#writtenBytes += neededBytes
    const isCounted =
      this.#countedBytes !== undefined &&
      this.#writtenBytes <= this.#maxBytes / 10 &&
      this.#countedBytes + this.#writtenBytes <= this.#maxBytes
    if (isCounted) return
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const maxBytes = this.#maxBytes - neededBytes
    this.#countedBytes = await sweepCacheDirectory({ directory: this.#directory, maxBytes })
    this.#writtenBytes = neededBytes
  }

  #pathOf(key: string): string {
    return join(this.#directory, createHash('sha256').update(key).digest('hex'))
  }

  #note(error: unknown): void {
    const isAbsence = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isAbsence || this.#hadTrouble) return
    this.#hadTrouble = true
    this.#onTrouble(error)
  }
}
