import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { WorkerFigures, WorkerRequest } from './run-worker.ts'
import { workerFlags } from '../worker-flags.ts'
import { settingsVariable, type WorkerSettings } from './worker-settings.ts'

/** A worker in a process of its own, asked one thing at a time. */
export interface WorkerProcess {
  /** Makes what was before forgotten: the figures are of what comes. */
  reset(): Promise<void>
  figures(): Promise<WorkerFigures>
  /** Asks it to end, and ends it where that takes too long. */
  stop(): Promise<void>
}

const endTimeoutMs = 15_000

export async function startWorkerProcess(
  script: string,
  settings: WorkerSettings,
  logFile: string,
): Promise<WorkerProcess> {
  const log = openSync(logFile, 'a')
  const child = fork(script, {
    execArgv: [...process.execArgv, '--expose-gc', ...workerFlags()],
    env: { ...process.env, [settingsVariable]: JSON.stringify(settings) },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const ended = once(child, 'exit').then(() => undefined)
  const answer = async (): Promise<unknown> => {
    const said = await Promise.race([once(child, 'message'), ended])
    if (said !== undefined) return said[0]
    throw new Error(`${script} ended:\n${readFileSync(logFile, 'utf8').slice(-3000)}`)
  }
  const ask = async (request: WorkerRequest): Promise<WorkerFigures> => {
    child.send(request)
    return (await answer()) as WorkerFigures
  }
  await answer()
  return {
    async reset() {
      await ask('reset')
    },
    figures: async () => ask('figures'),
    async stop() {
      child.send('stop' satisfies WorkerRequest, () => undefined)
      const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs)
      await ended
      clearTimeout(timer)
    },
  }
}
