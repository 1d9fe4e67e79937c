import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import { pathRefused } from './file-errors.ts'
import { readFailure } from './read-failure.ts'

export interface SourceDirectoriesOptions {
  /** Relative ones are from the working directory. @default that one alone */
  readonly directories?: readonly string[] | undefined
  /** Where this project keeps its own state, credentials among it: read by no source. */
  readonly stateDirectory?: string | undefined
}

/** The directories beneath which local files may be read, wherever symbolic links lead. */
export class SourceDirectories {
  /** What relative paths are from. */
  readonly #workingDirectory = process.cwd()
  readonly #directories: readonly string[]
  readonly #stateDirectory: string | undefined

  constructor({ directories = ['.'], stateDirectory }: SourceDirectoriesOptions = {}) {
    this.#directories = directories.map((path) => this.absolute(path))
    this.#stateDirectory = stateDirectory === undefined ? undefined : this.absolute(stateDirectory)
  }

  absolute(path: string): string {
    return resolve(this.#workingDirectory, path)
  }

  /**
   * Where an absolute path really leads. Of what lies elsewhere, not even whether it is there is said.
   *
   * @param place For messages.
   * @throws PipelineError SOURCE_PATH_REFUSED, FILE_MISSING, SOURCE_REFUSED
   */
  async admit(path: string, place: string): Promise<string> {
    const real = await realpath(path).catch((error: unknown) => {
      const isWritten = this.#directories.some((directory) => isBeneath(directory, path))
      throw isWritten ? readFailure(error, place) : outside(place)
    })
    const verdict = await this.#judge(real)
    if (verdict === 'readable') return real
    throw verdict === 'outside' ? outside(place) : ofState(place)
  }

  /** Whether what lies there is no data, but this project's own state. @param path Without links. */
  async isState(path: string): Promise<boolean> {
    return (await this.#judge(path)) === 'state'
  }

  async #judge(real: string): Promise<'readable' | 'state' | 'outside'> {
    const state = await realOf(this.#stateDirectory)
    const isOfState = (path: string) => state !== undefined && isBeneath(state, path)
    let verdict: 'state' | 'outside' = 'outside'
    for (const directory of this.#directories) {
      const allowed = await realOf(directory)
      if (allowed === undefined || !isBeneath(allowed, real)) continue
      // Whoever lists a directory in there means that one.
      if (!isOfState(real) || (allowed !== state && isOfState(allowed))) return 'readable'
      verdict = 'state'
    }
    return verdict
  }
}

async function realOf(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : realpath(path).catch(() => undefined)
}

function isBeneath(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return !isAbsolute(way) && way !== '..' && !/^\.\.[/\\]/.test(way)
}

function outside(place: string) {
  return pathRefused(
    'the path leads out of the directories that may be read',
    'If that is right, list its directory in CLAIMCHECK_SOURCE_DIRECTORIES of the worker.',
    { path: place },
  )
}

function ofState(place: string) {
  return pathRefused(
    'the path leads into the directory of the state of Claimcheck, where secrets lie',
    'Keep files to be read elsewhere, or list their own directory in CLAIMCHECK_SOURCE_DIRECTORIES of the worker.',
    { path: place },
  )
}
