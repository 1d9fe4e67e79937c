import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'

import { removeShelter } from './obtain-shelter.ts'
import { stackPaths } from './stack-paths.ts'
import { stopStack } from './stop-stack.ts'

/** Stops the stack in the directory and removes its data, logs and secrets for good. */
export async function eraseStack(directory: string): Promise<void> {
  await stopStack(directory)
  const paths = stackPaths(resolve(directory))
  // Also of a start that failed, of which the state knows no data.
  if (existsSync(paths.data)) removeShelter(paths.data)
  for (const path of [paths.data, paths.logs, paths.credentials, paths.state, paths.lock]) {
    rmSync(path, { recursive: true, force: true })
  }
}
