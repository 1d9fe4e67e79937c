import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const FILE_NAME = /^([^.].*)\.ya?ml$/

/** The pipeline files of some directories, by name. The first directory that has a name has it. */
export async function findPipelines(directories: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const directory of directories) {
    for (const fileName of (await fileNames(directory)).toSorted()) {
      const name = FILE_NAME.exec(fileName)?.[1]
      if (name !== undefined && !found.has(name)) found.set(name, join(directory, fileName))
    }
  }
  return found
}

/** Nothing for a directory that is not there: whoever does not find a name is told where we looked. */
async function fileNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
