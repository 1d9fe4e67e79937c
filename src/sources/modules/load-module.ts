import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeThrown, moduleInvalid } from './module-error.ts'
import { modulePathProblem } from './module-path-problem.ts'
import type { SourceModuleContext } from './source-module.ts'

/** The module's generator function; what it returns is for the caller to check. */
type OpenModule = (context: SourceModuleContext) => unknown

/**
 * Loads a module, once a process: a file that has changed is used by workers that start after that.
 *
 * @param path Relative to one of the directories; the first that has it is taken.
 * @throws PipelineError MODULE_INVALID
 */
export async function loadModule(
  path: string,
  directories: readonly string[],
): Promise<OpenModule> {
  const problem = modulePathProblem(path)
  if (problem !== undefined) throw moduleInvalid(path, `path ${problem}`)
  const file = await findFile(path, directories)
  let loaded: unknown
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (error) {
    throw moduleInvalid(path, `cannot be loaded: ${describeThrown(error)}`, error)
  }
  if (typeof loaded === 'object' && loaded !== null && 'default' in loaded) {
    const { default: open } = loaded
    if (typeof open === 'function')
      return (context): unknown => Reflect.apply(open, undefined, [context])
  }
  throw moduleInvalid(path, 'has no async generator function as its default export')
}

async function findFile(path: string, directories: readonly string[]): Promise<string> {
  for (const directory of directories) {
    const [root, file] = await Promise.all([directory, join(directory, path)].map(existing))
    if (root === undefined || file === undefined) continue
    if (!file.startsWith(root + sep)) {
      throw moduleInvalid(path, 'is a link that leads out of its directory')
    }
    if ((await stat(file)).isFile()) return file
  }
  throw moduleInvalid(path, 'is in none of the directories of CLAIMCHECK_MODULES')
}

async function existing(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined)
}
