/**
 * Everything that `npm test` runs: the checks, the tests that need no server, then the others on one
 * embedded stack of their own. Ends with the counting lines of node's test runner, for all together. A
 * signal ends it with all that it has started.
 */
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { eraseStack } from '../infra/stack/erase-stack.ts'
import { readCredentials } from '../infra/stack/stack-credentials.ts'
import { stackPaths } from '../infra/stack/stack-paths.ts'
import { startStack } from '../infra/stack/start-stack.ts'
import { runInGroup } from './support/run-in-group.ts'
import { stackEnvironment } from './support/stack-environment.ts'

const countsSchema = z.object({
  tests: z.number(),
  suites: z.number(),
  passed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  skipped: z.number(),
  todo: z.number(),
  duration_ms: z.number(),
})

const chosen = process.argv.slice(2)
const files = chosen.length > 0 ? chosen : globSync('test/**/*.test.ts').toSorted()
const needsNoServer = (file: string): boolean =>
  /^test\/(unit|slow|cli|conversion|[^/]+$)/.test(file)
/** These start and stop servers, or look for what is left of them. */
const standsAlone = (file: string): boolean => /^test\/(infra|replay)\//.test(file)
const runs: z.infer<typeof countsSchema>[] = []

const ended = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal]
    ended.abort()
  })
}

if (chosen.length === 0) await requireSuccess('npm', ['run', '--silent', 'check'], process.env)

mkdirSync('.claimcheck', { recursive: true })
const directory = mkdtempSync(join('.claimcheck', 'test-'))
// Hundreds of short processes load the same modules.
const environment = { ...process.env, NODE_COMPILE_CACHE: resolve('.claimcheck', 'compile-cache') }
try {
  await runTests(files.filter(needsNoServer), 4, environment)
  const others = files.filter((file) => !needsNoServer(file))
  if (others.length > 0 && !ended.signal.aborted) await runOnStack(others)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
if (!ended.signal.aborted) process.stdout.write(`\nall together\n${countingLines()}`)

async function runOnStack(onStack: readonly string[]): Promise<void> {
  const stack = await startStack({ directory, lifetime: 'attached' })
  try {
    const superuser = new URL(stack.addresses.database.url)
    superuser.username = 'postgres'
    superuser.password =
      readCredentials(stackPaths(directory).credentials)?.database.superuserPassword ?? ''
    const onStackEnvironment = {
      ...environment,
      ...stackEnvironment(stack.addresses),
      CLAIMCHECK_TEST_SUPERUSER_URL: superuser.href,
      CLAIMCHECK_TEST_TEMPORAL_UI_URL: stack.urls.temporalUi ?? '',
    }
    // Each has a queue, a database and names of its own, and mostly waits.
    await runTests(
      onStack.filter((file) => !standsAlone(file)),
      3,
      onStackEnvironment,
    )
    await runTests(onStack.filter(standsAlone), 1, onStackEnvironment)
  } finally {
    await stack.stop()
    await eraseStack(directory)
  }
}

async function runTests(
  some: readonly string[],
  concurrency: number,
  testEnvironment: NodeJS.ProcessEnv,
): Promise<void> {
  if (some.length === 0) return
  const counts = join(directory, 'counts.json')
  rmSync(counts, { force: true })
  await requireSuccess(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${concurrency}`,
      '--test-timeout=600000',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-reporter=./test/support/count-reporter.ts',
      `--test-reporter-destination=${counts}`,
      ...some,
    ],
    testEnvironment,
  )
  // A run that was interrupted has none.
  const text = existsSync(counts) ? readFileSync(counts, 'utf8') : ''
  if (text !== '') runs.push(countsSchema.parse(JSON.parse(text)))
}

function countingLines(): string {
  const sum = (count: keyof (typeof runs)[number]): number =>
    runs.reduce((total, run) => total + run[count], 0)
  const lines = {
    tests: sum('tests'),
    suites: sum('suites'),
    pass: sum('passed'),
    fail: sum('failed'),
    cancelled: sum('cancelled'),
    skipped: sum('skipped'),
    todo: sum('todo'),
    duration_ms: sum('duration_ms'),
  }
  return Object.entries(lines)
    .map(([name, count]) => `ℹ ${name} ${count}\n`)
    .join('')
}

async function requireSuccess(
  command: string,
  options: readonly string[],
  commandEnvironment: NodeJS.ProcessEnv,
): Promise<void> {
  if (ended.signal.aborted) return
  const status = await runInGroup(command, options, commandEnvironment, ended.signal)
  if (status !== 0 && !ended.signal.aborted) process.exitCode = 1
}
