import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { eraseStack } from '../../../infra/stack/erase-stack.ts'

/** A directory for one test's stack; after the test nothing of the stack is left. */
export function stackDirectory(test: TestContext, name = 'claimcheck-stack-'): string {
  const directory = mkdtempSync(join(tmpdir(), name))
  test.after(async () => {
    await eraseStack(directory)
    rmSync(directory, { recursive: true, force: true })
  })
  return directory
}
