import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

import { identifyProcess, type ProcessIdentity } from './process-identity.ts'

/**
 * Reads `add PID SIGNAL` and `forget PID` lines. When its standard input ends without `quit`, the
 * supervisor was killed: each process still known gets its signal, and SIGKILL 10 s later. One that
 * is dead and not yet waited for counts as gone: in a container, perhaps nobody ever waits for it.
 */
const script = `
trap '' INT TERM HUP
known=''
while read -r word pid signal; do
  case $word in
    add) known="$known $pid:$signal" ;;
    forget)
      kept=''
      for entry in $known; do [ "\${entry%:*}" = "$pid" ] || kept="$kept $entry"; done
      known=$kept ;;
    quit) exit 0 ;;
  esac
done
lives() {
  kill -0 "$1" && ! grep -q '^State:.Z' "/proc/$1/status"
}
for entry in $known; do kill -s "\${entry#*:}" "\${entry%:*}"; done
turns=0
while [ $turns -lt 100 ]; do
  left=''
  for entry in $known; do lives "\${entry%:*}" && left="$left $entry"; done
  [ -n "$left" ] || exit 0
  turns=$((turns + 1))
  sleep 0.1
done
for entry in $left; do kill -s KILL "\${entry%:*}"; done
`

export interface Guardian {
  readonly identity: ProcessIdentity
  /** The pipe that a server's launcher writes its own `add` line into, before the server begins. */
  readonly register: Writable
  /** Resolves when the guardian is gone, which is early only if somebody killed it. */
  readonly exited: Promise<void>
  forget(pid: number): void
  /** Ends the guardian; the servers must be gone by then. */
  dismiss(): Promise<void>
}

/** A tiny shell that outlives this process just long enough to end the servers it started. */
export function startGuardian(): Guardian {
  const child = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: no signal to our process group, and none of a terminal, reaches it.
    detached: true,
    cwd: '/',
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  // A dead guardian is noticed by `exited`; the broken pipe says nothing more.
  child.stdin.on('error', () => {})
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
  if (identity === undefined) throw new Error('/bin/sh could not be started')
  return {
    identity,
    register: child.stdin,
    exited,
    forget: (pid) => void child.stdin.write(`forget ${pid}\n`),
    async dismiss() {
      child.stdin.end('quit\n')
      await exited
    },
  }
}
