import type { BigIntStats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { fileMissing, pathRefused } from './file-errors.ts'
import type { FileStore, FoundFile } from './file-store.ts'
import { globStart, globStep, isMatched, mayGoOn, type Glob, type GlobState } from './glob.ts'
import { isMarker } from './is-marker.ts'
import { localVersion, notRegular, openLocalFile } from './open-local-file.ts'
import { codeOf, readFailure } from './read-failure.ts'
import type { SourceDirectories } from './source-directories.ts'

/** Files of the worker's own machine. */
export function createLocalFiles(directories: SourceDirectories): FileStore {
  return {
    async *find({ place, address, glob }, { signal }) {
      const path = directories.absolute(address)
      if (glob === undefined) {
        yield await look(directories, path, place)
        return
      }
      const top = await directories.admit(path, place).catch((error: unknown) => {
        // Where there is no folder nothing matches.
        if (isMissing(error)) return undefined
        throw error
      })
      if (top === undefined) return
      const walk = { directories, glob, signal }
      const start = { path: top, place, within: '', state: globStart(glob), above: [] }
      yield* walkFolder(walk, start)
    },
    async open({ place, address }, { signal }) {
      const path = await directories.admit(directories.absolute(address), place)
      return openLocalFile(path, { place, signal })
    },
  }
}

interface Walk {
  readonly directories: SourceDirectories
  readonly glob: Glob
  readonly signal: AbortSignal
}

interface Folder {
  /** Where it really is. */
  readonly path: string
  /** For messages; ends with the slash before a name. */
  readonly place: string
  /** The same, from where the pattern begins. */
  readonly within: string
  readonly state: GlobState
  /** The folders that led here: a link back to one of them is not followed. */
  readonly above: readonly string[]
}

async function* walkFolder(walk: Walk, folder: Folder): AsyncGenerator<FoundFile> {
  const { directories, glob, signal } = walk
  for (const name of await namesIn(folder)) {
    signal.throwIfAborted()
    const state = globStep(glob, folder.state, name)
    if (state.length === 0) continue
    const place = folder.place + name
    const path = join(folder.path, name)
    const facts = await factsOf(path, place).catch((error: unknown) => {
      if (!leadsNowhere(error)) throw error
      // What Node gives for bytes that are no UTF-8: no path leads there, and rows would be missed.
      if (name.includes('\ufffd')) {
        const what = 'a file or folder where the pattern looks has a name that is not UTF-8'
        throw pathRefused(what, 'Rename it, or narrow the path.', { path: place })
      }
      // No folder, so nothing beneath it is missed; but a file that is wanted is not passed over.
      if (!isMatched(glob, state)) return undefined
      throw isMissing(error) ? fileMissing({ path: place }, error, true) : error
    })
    if (facts === undefined) continue
    if (!facts.isDirectory()) {
      if (!isMatched(glob, state) || isMarker(folder.within + name, Number(facts.size))) continue
      yield await look(directories, path, place)
    } else if (mayGoOn(glob, state) && !(await directories.isState(path))) {
      const real = await directories.admit(path, place)
      const above = [...folder.above, folder.path]
      if (above.includes(real)) continue
      const within = `${folder.within}${name}/`
      yield* walkFolder(walk, { path: real, place: `${place}/`, within, state, above })
    }
  }
}

async function namesIn({ path, place }: Folder): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw readFailure(error, place)
  }
}

async function look(
  directories: SourceDirectories,
  path: string,
  place: string,
): Promise<FoundFile> {
  const real = await directories.admit(path, place)
  const facts = await factsOf(real, place)
  if (!facts.isFile()) throw notRegular(place)
  return {
    place,
    identity: real,
    version: localVersion(facts),
    sizeBytes: Number(facts.size),
  }
}

async function factsOf(path: string, place: string): Promise<BigIntStats> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    throw readFailure(error, place)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof PipelineError && error.code === 'FILE_MISSING'
}

/** A broken link, or one that leads to itself. */
function leadsNowhere(error: unknown): boolean {
  return (
    isMissing(error) || (error instanceof PipelineError && error.code === 'SOURCE_PATH_REFUSED')
  )
}
