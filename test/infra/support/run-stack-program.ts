import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { z } from 'zod'

const program = fileURLToPath(new URL('./stack-program.ts', import.meta.url))

const report = z.object({
  owned: z.boolean(),
  addresses: z.object({ database: z.object({ url: z.string() }) }),
})

export interface StackProgram {
  readonly child: ChildProcess
  /** The process number, which is its process group's too. */
  readonly pid: number
  /** What the program tells once the stack is ready. */
  readonly ready: Promise<z.infer<typeof report>>
  readonly exited: Promise<unknown>
}

export interface RunStackProgramOptions {
  readonly directory: string
  readonly lifetime: 'attached' | 'detached'
  /** Whether the program ends by itself as soon as the stack is ready. @default stay */
  readonly last?: 'stay' | 'exit'
  /** Another checkout's copy of the program. @default this one's */
  readonly program?: string
  /** Added to ours. */
  readonly environment?: Readonly<Record<string, string>>
  /** @default ours */
  readonly account?: { readonly uid: number; readonly gid: number }
  /** Where a failure is told, which is noise where the failure is wanted. @default inherit */
  readonly complaints?: 'inherit' | 'ignore'
}

/**
 * Ours, less the servers that the tests share: these tests are about starting one's own. Also less what
 * tells node that it runs in a test.
 */
export function environmentWithoutServers(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(CLAIMCHECK|TEMPORAL)_|^NODE_TEST_/.test(name),
    ),
  )
}

/**
 * Runs `stack-program.ts` in a process group of its own, as a shell runs a command. What is left of
 * it after the test is killed; where the test itself is killed, it ends with its standard input.
 */
export function runStackProgram(test: TestContext, options: RunStackProgramOptions): StackProgram {
  const { directory, lifetime, last = 'stay', complaints = 'inherit' } = options
  const child = spawn(process.execPath, [options.program ?? program, directory, lifetime, last], {
    stdio: ['pipe', 'pipe', complaints],
    detached: true,
    cwd: '/',
    env: { ...environmentWithoutServers(), ...options.environment },
    ...options.account,
  })
  const { pid, stdin, stdout } = child
  if (pid === undefined || stdin === null || stdout === null)
    throw new Error('the program did not start')
  test.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const ready = Promise.race([
    once(createInterface({ input: stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the program ended without a stack'))),
  ]).then(([line]) => report.parse(JSON.parse(String(line))))
  // A test that kills the program early does not wait for it.
  ready.catch(() => {})
  return { child, pid, ready, exited }
}
