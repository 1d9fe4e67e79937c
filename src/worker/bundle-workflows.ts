import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { WorkflowBundle } from '@temporalio/worker'

const execute = promisify(execFile)
const script = fileURLToPath(import.meta.resolve('./print-workflow-bundle.ts'))
const maxBundleBytes = 64 * 1024 * 1024

/**
 * The workflows' code as workers take it. Made in a process of its own (about 2 s): webpack would
 * leave some 150 MiB behind in the worker for as long as that lives.
 */
export async function bundleWorkflows(): Promise<WorkflowBundle> {
  const { stdout } = await execute(process.execPath, [script], { maxBuffer: maxBundleBytes })
  return { code: stdout }
}
