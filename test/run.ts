/**
 * Everything that `npm test` runs: the checks, then all tests on one embedded stack of their own.
 * Ends with the counting lines of node's test runner.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { eraseStack } from '../infra/stack/erase-stack.ts'
import { readCredentials } from '../infra/stack/stack-credentials.ts'
import { stackPaths } from '../infra/stack/stack-paths.ts'
import { startStack } from '../infra/stack/start-stack.ts'
import { stackEnvironment } from './support/stack-environment.ts'

const chosen = process.argv.slice(2)
const files = chosen.length > 0 ? chosen : globSync('test/**/*.test.ts').toSorted()

if (chosen.length === 0) requireSuccess('npm', ['run', '--silent', 'check'], process.env)

mkdirSync('.claimcheck', { recursive: true })
const directory = mkdtempSync(join('.claimcheck', 'test-'))
const stack = await startStack({ directory, lifetime: 'attached' })
try {
  const superuser = new URL(stack.addresses.database.url)
  superuser.username = 'postgres'
  superuser.password =
    readCredentials(stackPaths(directory).credentials)?.database.superuserPassword ?? ''
  requireSuccess(
    process.execPath,
    ['--test', '--test-concurrency=1', '--test-timeout=600000', ...files],
    {
      ...process.env,
      ...stackEnvironment(stack.addresses),
      CLAIMCHECK_TEST_SUPERUSER_URL: superuser.href,
      CLAIMCHECK_TEST_TEMPORAL_UI_URL: stack.urls.temporalUi ?? '',
    },
  )
} finally {
  await stack.stop()
  await eraseStack(directory)
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
