import { createHash, randomUUID } from 'node:crypto'
import { globSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { getCompileCacheDir } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))
/** All that goes into a bundle, and how it is made. */
const sources = [
  'workflows/**/*.ts',
  'codec/**/*.ts',
  'src/worker/*.ts',
  'package-lock.json',
  // What is installed, which the other one runs ahead of where code was updated.
  'node_modules/.package-lock.json',
]

/**
 * Where the bundle of this very code is kept: beside what Node has compiled, so only where the
 * operator keeps that (`NODE_COMPILE_CACHE`). Undefined elsewhere.
 *
 * @param switches What else tells bundles of the same code apart.
 */
export async function keptBundlePath(switches: readonly string[]): Promise<string | undefined> {
  const directory = getCompileCacheDir()
  if (directory === undefined) return undefined
  const digest = createHash('sha256').update(JSON.stringify(switches))
  for (const file of globSync(sources, { cwd: project }).toSorted()) {
    digest.update(`\0${file}\0`).update(await readFile(join(project, file)))
  }
  return join(directory, `workflows-${digest.digest('hex')}.js`)
}

/** The code that is kept there; undefined where none is. */
export async function readKeptBundle(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

/** Keeps it whole or not at all; a worker can do without. */
export async function keepBundle(path: string, code: string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`
  try {
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(unfinished, code)
    await rename(unfinished, path)
  } catch {
    await rm(unfinished, { force: true }).catch(() => undefined)
  }
}
