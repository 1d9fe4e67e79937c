import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import { pathRefused } from './file-errors.ts'
import { readFailure } from './read-failure.ts'

/** The directories beneath which local files may be read, wherever symbolic links lead. */
export class SourceDirectories {
  /** What relative paths are from. */
  readonly #workingDirectory: string
  readonly #directories: readonly string[]

  /** @param directories Relative ones are from the working directory. @default that one alone */
  constructor(directories: readonly string[] = ['.'], workingDirectory: string = process.cwd()) {
    this.#workingDirectory = workingDirectory
    this.#directories = directories.map((path) => resolve(workingDirectory, path))
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
    for (const directory of this.#directories) {
      const allowed = await realpath(directory).catch(() => undefined)
      if (allowed !== undefined && isBeneath(allowed, real)) return real
    }
    throw outside(place)
  }
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
