import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where `infra/install.mjs` puts the servers that come as Python packages. */
const installedServers = fileURLToPath(new URL('../../.claimcheck/python/bin', import.meta.url))

/** The full path of a program: the version we installed when it is there, else one on the PATH. */
export function findExecutable(
  name: string,
  searchPath = process.env['PATH'] ?? '',
): string | undefined {
  return [installedServers, ...searchPath.split(delimiter)]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
