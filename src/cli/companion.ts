import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import {
  identifyProcess,
  isAlive,
  signalProcess,
  type ProcessIdentity,
} from '../../infra/stack/process-identity.ts'
import { CommandError } from '../command-error.ts'

export interface CompanionOptions {
  readonly name: string
  /** A script of this project and its arguments. */
  readonly command: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** `attached` ends with this process, however it ends (the script must take `--attached`). */
  readonly lifetime: 'attached' | 'detached'
  /** Where its standard error goes. */
  readonly logFile: string
}

export interface Companion {
  readonly identity: ProcessIdentity
  /** What it printed when it was ready. */
  readonly readyLine: string
}

/** How long a companion has to get ready: a worker bundles its workflows first. */
const startTimeoutMs = 120_000
/** How long a companion has to end by itself. */
const endTimeoutMs = 20_000

/**
 * Starts a process beside this one and waits until it prints a line.
 *
 * @throws CommandError COMPANION_FAILED when it ends before, or takes too long
 */
export async function startCompanion(options: CompanionOptions): Promise<Companion> {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'a')
  const attached = options.lifetime === 'attached'
  const child: ChildProcess = spawn(
    process.execPath,
    [...process.execArgv, ...options.command, ...(attached ? ['--attached'] : [])],
    {
      // A group of its own: Ctrl-C is ours to pass on, in order.
      detached: true,
      env: options.environment,
      stdio: [attached ? 'pipe' : 'ignore', 'pipe', log],
    },
  )
  closeSync(log)
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
  const exited = once(child, 'exit').then(() => undefined)
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  const readyLine = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    exited,
    delay(startTimeoutMs, undefined, { ref: false }),
  ])
  if (readyLine === undefined || identity === undefined) {
    child.kill('SIGKILL')
    throw new CommandError('COMPANION_FAILED', `the ${options.name} did not get ready`, {
      at: { log: options.logFile },
      remedy: 'The end of that file says why.',
    })
  }
  child.unref()
  if (!attached) {
    lines.close()
    child.stdout?.destroy()
  }
  return { identity, readyLine }
}

/** Ends a companion and returns when it is gone. */
export async function stopCompanion(identity: ProcessIdentity): Promise<void> {
  signalProcess(identity, 'SIGTERM')
  const deadline = Date.now() + endTimeoutMs
  while (isAlive(identity) && Date.now() < deadline) await delay(50)
  signalProcess(identity, 'SIGKILL')
}
