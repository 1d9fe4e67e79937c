import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { WorkflowBundle } from '@temporalio/worker'

const execute = promisify(execFile)
const script = fileURLToPath(import.meta.resolve('./print-workflow-bundle.ts'))
const maxBundleBytes = 64 * 1024 * 1024

export interface BundleOptions {
  /** Whether messages and stacks of failures are to go through the codec. */
  readonly encryptsFailures: boolean
}

/**
 * The workflows' code as workers take it. Made in a process of its own (about 2 s): webpack would
 * leave some 150 MiB behind in the worker for as long as that lives.
 */
export async function bundleWorkflows({
  encryptsFailures,
}: BundleOptions): Promise<WorkflowBundle> {
  const switches = encryptsFailures ? ['--encrypt-failures'] : []
  const { stdout } = await execute(process.execPath, [script, ...switches], {
    maxBuffer: maxBundleBytes,
  })
  return { code: stdout }
}
