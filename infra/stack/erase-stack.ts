import { rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { stackPaths } from './stack-paths.ts'
import { readState } from './stack-state.ts'
import { stopStack } from './stop-stack.ts'

/** Stops the stack in the directory and removes its data, logs and secrets for good. */
export async function eraseStack(directory: string): Promise<void> {
  await stopStack(directory)
  const paths = stackPaths(resolve(directory))
  const { databaseDirectory } = readState(paths.state) ?? {}
  if (databaseDirectory !== undefined && !databaseDirectory.startsWith(paths.data)) {
    rmSync(dirname(databaseDirectory), { recursive: true, force: true })
  }
  for (const path of [paths.data, paths.logs, paths.credentials, paths.state, paths.lock]) {
    rmSync(path, { recursive: true, force: true })
  }
}
