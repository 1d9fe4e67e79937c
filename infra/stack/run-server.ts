import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { StackError } from '../stack-error.ts'
import { choosePorts } from './choose-ports.ts'
import type { EmbeddedServer, Ports } from './embedded-server.ts'
import type { Guardian } from './guardian.ts'
import { type LaunchedServer, launchServer } from './launch-server.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { serverTitles } from './server-name.ts'

/** Milliseconds a server has to become ready: its first start on a busy machine is slow. */
const readyTimeoutMs = 120_000
const checkIntervalMs = 100
/** How often a server is launched when another program took one of its ports meanwhile. */
const maximumLaunches = 3

export interface RunServerContext {
  readonly guardian: Guardian
  readonly logFile: string
  readonly preferredPorts: Ports
  /** Ends the start. */
  readonly signal: AbortSignal
  /** Called as soon as there is a process. */
  onLaunch(identity: ProcessIdentity, ports: Ports): void
}

export interface RunningServer {
  readonly server: EmbeddedServer
  readonly ports: Ports
  readonly launched: LaunchedServer
}

/**
 * Launches a server and waits until it is ready.
 * @throws StackError `STACK_SERVER_FAILED`; no process is left then
 */
export async function runServer(
  server: EmbeddedServer,
  context: RunServerContext,
): Promise<RunningServer> {
  let preferred = context.preferredPorts
  for (let launch = 1; ; launch++) {
    const ports = await choosePorts(server.portNames, preferred)
    context.signal.throwIfAborted()
    const logStart = statSync(context.logFile, { throwIfNoEntry: false })?.size ?? 0
    const launched = launchServer(server.command(ports), context.logFile, context.guardian)
    context.onLaunch(launched.identity, ports)
    try {
      await becomeReady(server, ports, launched, context)
      return { server, ports, launched }
    } catch (error) {
      await launched.stop()
      server.tidy(ports)
      const said = readFileSync(context.logFile, 'utf8').slice(logStart)
      if (launch >= maximumLaunches || !/address already in use/i.test(said)) throw error
      preferred = {}
    }
  }
}

async function becomeReady(
  server: EmbeddedServer,
  ports: Ports,
  launched: LaunchedServer,
  { signal, logFile }: RunServerContext,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs
  const ended = new AbortController()
  void launched.exited.then((how) => ended.abort(new Error(how)))
  const givenUp = whenAborted(AbortSignal.any([signal, ended.signal]))
  for (;;) {
    try {
      await Promise.race([server.check(ports), givenUp])
      return
    } catch (cause) {
      signal.throwIfAborted()
      // What it will say as often as it is asked.
      if (cause instanceof StackError) throw cause
      if (ended.signal.aborted) throw failure('ended while it started', ended.signal.reason)
      if (Date.now() > deadline) throw failure('did not become ready', cause)
    }
    await sleep(checkIntervalMs)
  }

  function failure(what: string, cause: unknown): StackError {
    const why = cause instanceof Error ? cause.message : String(cause)
    return new StackError('STACK_SERVER_FAILED', `${serverTitles[server.name]} ${what}: ${why}`, {
      remedy: `Read the last lines of ${logFile}.`,
      at: { server: server.name, log: logFile },
      cause,
    })
  }
}

/** Rejects when the signal comes. */
function whenAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  // It may come when nobody waits any more.
  aborted.catch(() => {})
  return aborted
}
