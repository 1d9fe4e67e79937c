import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { WorkflowBundle } from '@temporalio/worker'
import { keepBundle, keptBundlePath, readKeptBundle } from './kept-bundle.ts'

const execute = promisify(execFile)
const script = fileURLToPath(import.meta.resolve('./print-workflow-bundle.ts'))
const maxBundleBytes = 64 * 1024 * 1024

export interface BundleOptions {
  /** Whether messages and stacks of failures are to go through the codec. */
  readonly encryptsFailures: boolean
  /** Whether spans are made of workflows. @default false */
  readonly traces?: boolean
}

/**
 * The workflows' code as workers take it. Made in a process of its own (about 2 s): webpack would
 * leave some 150 MiB behind in the worker for as long as that lives. Where Node keeps what it has
 * compiled (`NODE_COMPILE_CACHE`), it is made once.
 */
export async function bundleWorkflows({
  encryptsFailures,
  traces = false,
}: BundleOptions): Promise<WorkflowBundle> {
  const switches = [
    ...(encryptsFailures ? ['--encrypt-failures'] : []),
    ...(traces ? ['--traces'] : []),
  ]
  const path = await keptBundlePath(switches)
  const kept = path === undefined ? undefined : await readKeptBundle(path)
  if (kept !== undefined) return { code: kept }
  const { stdout } = await execute(process.execPath, [script, ...switches], {
    maxBuffer: maxBundleBytes,
  })
  // Code that was changed meanwhile is kept under neither name.
  if (path !== undefined && path === (await keptBundlePath(switches)))
    await keepBundle(path, stdout)
  return { code: stdout }
}
