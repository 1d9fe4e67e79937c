import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface CacheSweep {
  readonly directory: string
  /** What may stay, in bytes. */
  readonly maxBytes: number
}

interface CacheFile {
  readonly path: string
  readonly sizeBytes: number
  readonly usedAtMs: number
}

/** Nobody writes one file for so long: its writer was killed. */
const LONGEST_WRITE_MS = 60 * 60 * 1000
/** Looked at together; a cache may have very many files. */
const BATCH = 64

/**
 * Drops what killed writers left behind, and the least recently used files until the others have at
 * most `maxBytes`; returns their bytes. Files whose names the cache does not make are left alone.
 */
export async function sweepCacheDirectory({ directory, maxBytes }: CacheSweep): Promise<number> {
  const names = await readdir(directory)
  const whole = await filesOf(directory, names, /^[0-9a-f]{64}$/)
  const unfinished = await filesOf(directory, names, /^[0-9a-f]{64}\.[0-9a-f-]{36}\.tmp$/)
  const oldestMs = Date.now() - LONGEST_WRITE_MS
  let sizeBytes = 0
  for (const file of unfinished) {
    if (file.usedAtMs < oldestMs) await rm(file.path, { force: true })
    else sizeBytes += file.sizeBytes
  }
  for (const file of whole) sizeBytes += file.sizeBytes
  for (const file of whole.toSorted((left, right) => left.usedAtMs - right.usedAtMs)) {
    if (sizeBytes <= maxBytes) break
    await rm(file.path, { force: true })
    sizeBytes -= file.sizeBytes
  }
  return sizeBytes
}

async function filesOf(directory: string, names: string[], pattern: RegExp): Promise<CacheFile[]> {
  const paths = names.filter((name) => pattern.test(name)).map((name) => join(directory, name))
  const files: CacheFile[] = []
  for (let start = 0; start < paths.length; start += BATCH) {
    const found = await Promise.all(paths.slice(start, start + BATCH).map(fileAt))
    files.push(...found.filter((file) => file !== undefined))
  }
  return files
}

/** Undefined where another process dropped it meanwhile, or where it is no file. */
async function fileAt(path: string): Promise<CacheFile | undefined> {
  try {
    const facts = await stat(path)
    return facts.isFile() ? { path, sizeBytes: facts.size, usedAtMs: facts.mtimeMs } : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
