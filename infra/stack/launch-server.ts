import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Guardian } from './guardian.ts'
import { identifyProcess, type ProcessIdentity, signalProcess } from './process-identity.ts'

export interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
  /** The whole environment: nothing of ours is inherited, so no setting of ours bends a server. */
  readonly environment: Readonly<Record<string, string>>
  /** The account to run under, where it must be another one than ours. */
  readonly account?: { readonly uid: number; readonly gid: number }
  /** The signal that asks for a clean and prompt end. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM'
  /** Milliseconds after which a process that was asked to end is killed. @default 20000 */
  readonly stopGraceMs?: number
}

export interface LaunchedServer {
  readonly identity: ProcessIdentity
  /** Resolves with how the process ended, e.g. `code 1` or `SIGKILL`. */
  readonly exited: Promise<string>
  /** Asks the process to end, and makes it end when it does not. */
  stop(): Promise<void>
}

/** Tells the guardian who it is, and only then becomes the server: no moment in between is unguarded. */
const launcher = 'echo "add $$ $1" >&3 && shift && exec "$@" 3>&-'

/** Starts a server in a session of its own, under the guardian, with its output in a log file. */
export function launchServer(
  command: ServerCommand,
  logFile: string,
  guardian: Guardian,
): LaunchedServer {
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(
    '/bin/sh',
    ['-c', launcher, 'sh', command.stopSignal.slice(3), command.file, ...command.args],
    {
      stdio: ['ignore', log, log, guardian.register],
      detached: true,
      cwd: '/',
      env: command.environment,
      ...command.account,
    },
  )
  closeSync(log)
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) guardian.forget(child.pid)
      resolve(signal ?? `code ${code}`)
    })
  })
  if (child.pid === undefined) throw new Error('/bin/sh could not be started')
  // One that has ended already has no identity left, and is never taken for alive.
  const identity = identifyProcess(child.pid) ?? { pid: child.pid, startedAt: 'ended' }
  return {
    identity,
    exited,
    async stop() {
      signalProcess(identity, command.stopSignal)
      const late = new AbortController()
      const killed = sleep(command.stopGraceMs ?? 20_000, undefined, { signal: late.signal }).then(
        () => signalProcess(identity, 'SIGKILL'),
        () => {},
      )
      await exited
      late.abort()
      await killed
    },
  }
}
