import { extname, isAbsolute } from 'node:path'

/** What keeps a text from being the path of a module; `undefined` when nothing does. */
export function modulePathProblem(path: string): string | undefined {
  if (path.includes('\0') || isAbsolute(path) || path.split(/[\\/]/).includes('..')) {
    return 'must stay within the directories of CLAIMCHECK_MODULES'
  }
  return ['.ts', '.mts', '.js', '.mjs'].includes(extname(path))
    ? undefined
    : 'must end in .ts, .mts, .js or .mjs'
}
