import { mkdirSync } from 'node:fs'

import { StackError } from '../stack-error.ts'
import type { EmbeddedServer } from './embedded-server.ts'
import { endLeftovers } from './end-leftovers.ts'
import { type Guardian, startGuardian } from './guardian.ts'
import { launchServer, type ServerCommand } from './launch-server.ts'
import { identifyProcess } from './process-identity.ts'
import { rotateLog } from './rotate-log.ts'
import { type RunningServer, runServer } from './run-server.ts'
import { serverTitles } from './server-name.ts'
import { logPath, type StackPaths } from './stack-paths.ts'
import { readState, type StackState, writeState } from './stack-state.ts'

export interface SuperviseOptions {
  readonly paths: StackPaths
  readonly lifetime: StackState['lifetime']
  readonly servers: readonly EmbeddedServer[]
  /** Aborted when somebody wants the stack to stop. */
  readonly signal: AbortSignal
  report(text: string): void
  onReady(): void
}

/**
 * Starts the servers, watches them, and ends them all when one ends by itself or the signal says
 * so. The state file tells at each moment what runs. The caller holds the directory's lock.
 * @returns why a server ended the stack, or undefined when the signal did
 * @throws StackError when the start failed; no process is left then
 */
export async function supervise(options: SuperviseOptions): Promise<string | undefined> {
  const { paths, servers, signal } = options
  const before = readState(paths.state)
  if (before !== undefined) await endLeftovers(before)
  for (const folder of [paths.data, paths.logs]) mkdirSync(folder, { recursive: true })
  const guardian = startGuardian()
  let state = firstState(options.lifetime, guardian, before)
  const save = (change: Partial<StackState>) => {
    state = { ...state, ...change }
    writeState(paths.state, state)
  }
  save({})
  const running: RunningServer[] = []
  let reason: string | undefined
  try {
    const failed = new AbortController()
    const start = async (server: EmbeddedServer) => {
      const begin = Date.now()
      const title = serverTitles[server.name]
      const logFile = logPath(paths, server.name)
      rotateLog(logFile)
      await server.prepare((command) => runToEnd(server, command, logFile, guardian))
      running.push(
        await runServer(server, {
          guardian,
          logFile,
          preferredPorts: before?.ports[server.name] ?? {},
          signal: AbortSignal.any([signal, failed.signal]),
          onLaunch: (identity, ports) =>
            save({
              servers: { ...state.servers, [server.name]: identity },
              ports: { ...state.ports, [server.name]: ports },
            }),
        }),
      )
      options.report(`${title} ready after ${((Date.now() - begin) / 1000).toFixed(1)} s`)
    }
    await allOrNone(servers.map(start), failed)
    for (const { server, ports } of running) {
      const { addresses, ...facts } = server.describe(ports)
      save({ ...facts, addresses: { ...state.addresses, ...addresses } })
    }
    save({ phase: 'ready' })
    options.onReady()
    reason = await firstEnd(running, guardian, signal)
    return reason
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
    throw error
  } finally {
    save({ phase: 'stopping', ...(reason === undefined ? {} : { reason }) })
    await Promise.all(running.map(({ launched }) => launched.stop()))
    for (const { server, ports } of running) server.tidy(ports)
    await guardian.dismiss()
    save({ phase: 'stopped', servers: {}, addresses: {} })
  }
}

function firstState(
  lifetime: StackState['lifetime'],
  guardian: Guardian,
  before: StackState | undefined,
): StackState {
  const supervisor = identifyProcess(process.pid)
  if (supervisor === undefined) throw new Error('this process cannot be found')
  const { identity } = guardian
  const ports = before?.ports ?? {}
  const facts = { version: 1, phase: 'starting', servers: {}, addresses: {} } as const
  return { ...facts, lifetime, supervisor, guardian: identity, ports }
}

/** Waits for all; the first that fails makes the others give up, and is the one thrown. */
async function allOrNone(starts: readonly Promise<void>[], failed: AbortController): Promise<void> {
  const errors: unknown[] = []
  await Promise.all(
    starts.map((start) =>
      start.catch((error: unknown) => {
        errors.push(error)
        failed.abort(error)
      }),
    ),
  )
  if (errors.length > 0) throw errors[0]
}

async function runToEnd(
  server: EmbeddedServer,
  command: ServerCommand,
  logFile: string,
  guardian: Guardian,
): Promise<void> {
  const how = await launchServer(command, logFile, guardian).exited
  if (how === 'code 0') return
  throw new StackError('STACK_SERVER_FAILED', `${serverTitles[server.name]} not set up (${how})`, {
    remedy: `Read the last lines of ${logFile}.`,
    at: { server: server.name, log: logFile },
  })
}

/** Resolves with the reason when a server ends by itself, with undefined when the signal comes. */
function firstEnd(
  running: readonly RunningServer[],
  guardian: Guardian,
  signal: AbortSignal,
): Promise<string | undefined> {
  return Promise.race([
    ...running.map(async ({ server, launched }) => {
      const how = await launched.exited
      return `${serverTitles[server.name]} ended by itself (${how})`
    }),
    guardian.exited.then(() => 'the guardian of the servers was killed'),
    new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined)
      signal.addEventListener('abort', () => resolve(undefined), { once: true })
    }),
  ])
}
