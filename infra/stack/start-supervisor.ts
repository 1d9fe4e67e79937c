import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { StackError } from '../stack-error.ts'
import { plainEnvironment } from './embedded-server.ts'
import type { ServerName } from './server-name.ts'
import { logPath, type StackPaths } from './stack-paths.ts'
import type { StackState } from './stack-state.ts'
import { fromFailedMessage, supervisorMessage } from './supervisor-message.ts'

const program = fileURLToPath(new URL('./supervisor.ts', import.meta.url))

export interface StartSupervisorOptions {
  readonly paths: StackPaths
  readonly lifetime: StackState['lifetime']
  readonly names: readonly ServerName[]
  onProgress(text: string): void
}

export interface Supervisor {
  /** Ends an attached stack, and returns when all its processes are gone. */
  release(): Promise<void>
}

/**
 * Starts a supervisor and waits until its servers are ready.
 * @returns undefined when another supervisor has the directory
 * @throws StackError when a server could not be started
 */
export async function startSupervisor(
  options: StartSupervisorOptions,
): Promise<Supervisor | undefined> {
  const { paths, lifetime, names } = options
  mkdirSync(paths.logs, { recursive: true })
  const log = openSync(logPath(paths, 'supervisor'), 'a', 0o600)
  const child = spawn(
    process.execPath,
    [program, '--lifetime', lifetime, paths.directory, ...names],
    // A session of its own: Ctrl-C in the terminal is for who started us, and reaches us through
    // the end of the pipe.
    { stdio: ['pipe', 'pipe', log], detached: true, cwd: '/', env: plainEnvironment() },
  )
  closeSync(log)
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('the supervisor has no pipes')
  stdin.on('error', () => {})
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  let outcome: 'ready' | 'busy' | undefined
  for await (const line of createInterface({ input: stdout })) {
    const message = supervisorMessage.parse(JSON.parse(line))
    if (message.kind === 'progress') options.onProgress(message.text)
    else if (message.kind === 'failed') {
      await exited
      throw fromFailedMessage(message)
    } else {
      outcome = message.kind
      break
    }
  }
  if (outcome === undefined) {
    throw new StackError('STACK_STOPPED', 'the supervisor of the stack ended while it started', {
      remedy: 'Start again; if it happens again, read the log.',
      retryable: true,
      at: { log: logPath(paths, 'supervisor') },
    })
  }
  if (outcome === 'busy') {
    await exited
    return undefined
  }
  // The stack must not keep its parent running.
  child.unref()
  for (const pipe of [stdin, stdout]) unref(pipe)
  return {
    async release() {
      child.ref()
      stdin.end()
      await exited
    },
  }
}

function unref(pipe: object): void {
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
}
