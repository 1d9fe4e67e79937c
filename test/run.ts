/**
 * Everything that `npm test` runs: the checks, then all tests on one embedded stack of their own.
 * Ends with the counting lines of node's test runner.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startStack } from '../infra/stack/start-stack.ts'
import { stackEnvironment } from './support/stack-environment.ts'

const chosen = process.argv.slice(2)
const files = chosen.length > 0 ? chosen : globSync('test/**/*.test.ts').toSorted()

if (chosen.length === 0) requireSuccess('npm', ['run', '--silent', 'check'], process.env)

mkdirSync('.claimcheck', { recursive: true })
const directory = mkdtempSync(join('.claimcheck', 'test-'))
const stack = await startStack({ directory, lifetime: 'attached' })
try {
  requireSuccess(
    process.execPath,
    ['--test', '--test-concurrency=1', '--test-timeout=600000', ...files],
    { ...process.env, ...stackEnvironment(stack.addresses) },
  )
} finally {
  await stack.stop()
  rmSync(directory, { recursive: true, force: true })
}

function requireSuccess(
  command: string,
  options: readonly string[],
  environment: NodeJS.ProcessEnv,
) {
  const { status } = spawnSync(command, options, { stdio: 'inherit', env: environment })
  if (status !== 0) process.exitCode = 1
}
