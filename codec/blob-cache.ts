import { ByteCache } from './byte-cache.ts'
import type { ClaimCheckCodecOptions } from './claim-check-codec-options.ts'
import { DiskCache } from './disk-cache.ts'
import type { WarningListener } from './warning.ts'

export interface BlobCacheOptions {
  /** Bytes kept in memory. */
  readonly memoryBytes: number
  /** Asked for what is not in memory. @default none */
  readonly disk?: DiskCache
}

/**
 * Envelopes near at hand: in memory, and on disk for what memory has no room for or what another
 * process fetched. What it gives is to be verified, and deleted here where it is not right.
 */
export class BlobCache {
  readonly #memory: ByteCache
  readonly #disk: DiskCache | undefined
  /** Bytes that lie on disk already, so that setting what `get` gave writes nothing. */
  readonly #onDisk = new WeakSet<Uint8Array>()

  constructor(options: BlobCacheOptions) {
    this.#memory = new ByteCache(options.memoryBytes)
    this.#disk = options.disk
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const inMemory = this.#memory.get(key)
    if (inMemory !== undefined || this.#disk === undefined) return inMemory
    const bytes = await this.#disk.get(key)
    if (bytes === undefined) return undefined
    this.#onDisk.add(bytes)
    this.#memory.set(key, bytes)
    return bytes
  }

  async set(key: string, bytes: Uint8Array): Promise<void> {
    this.#memory.set(key, bytes)
    if (this.#disk === undefined || this.#onDisk.has(bytes)) return
    this.#onDisk.add(bytes)
    await this.#disk.set(key, bytes)
  }

  async delete(key: string): Promise<void> {
    this.#memory.delete(key)
    await this.#disk?.delete(key)
  }
}

/** As the options of a codec have it; trouble of the disk is a warning, once. */
export function createBlobCache(
  { cacheBytes = 64 * 1024 ** 2, diskCache }: ClaimCheckCodecOptions,
  onWarning: WarningListener,
): BlobCache {
  if (diskCache === undefined) return new BlobCache({ memoryBytes: cacheBytes })
  const { directory, maxBytes } = diskCache
  const onTrouble = (cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `The blob cache in ${directory} cannot be used in full: ${reason}`
    onWarning({ code: 'CACHE_UNUSABLE', message })
  }
  const disk = new DiskCache({ directory, maxBytes, onTrouble })
  return new BlobCache({ memoryBytes: cacheBytes, disk })
}
