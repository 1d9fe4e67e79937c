import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { eraseStack } from '../../../infra/stack/erase-stack.ts'

/** A directory for one test's stack; after the test nothing of the stack is left, even where it is ended. */
export function stackDirectory(test: TestContext, name = 'claimcheck-stack-'): string {
  const directory = mkdtempSync(join(tmpdir(), name))
  if (inUse.size === 0) process.once('SIGTERM', endAll)
  inUse.add(directory)
  test.after(async () => {
    await remove(directory)
    inUse.delete(directory)
    if (inUse.size === 0) process.off('SIGTERM', endAll)
  })
  return directory
}

const inUse = new Set<string>()

/** A process that a signal ends runs no hooks, and a detached stack would stay. */
function endAll(): void {
  void Promise.allSettled([...inUse].map(remove)).then(() => process.exit(143))
}

async function remove(directory: string): Promise<void> {
  await eraseStack(directory)
  rmSync(directory, { recursive: true, force: true })
}
