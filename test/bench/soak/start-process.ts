import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A process beside the soak. */
export interface SoakProcess {
  /** Lets it end what it is about, and ends it where that takes too long. */
  stop(): Promise<void>
  /** As a machine that falls. */
  kill(): Promise<void>
}

export interface SoakProcessOptions {
  readonly script: string
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
  readonly onMessage?: (message: unknown) => void
  /** It has ended, and nobody has told it to. */
  readonly onLost: (why: string) => void
}

const startMs = 300_000
const endMs = 60_000

/** Starts a process and waits for its first message, which says that it is ready. */
export async function startProcess(options: SoakProcessOptions): Promise<SoakProcess> {
  const { script, environment, logFile, onMessage = () => undefined, onLost } = options
  const log = openSync(logFile, 'a')
  const child = fork(script, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const why = (what: string): string =>
    `${script} ${what}:\n${readFileSync(logFile, 'utf8').slice(-3_000)}`
  let isExpected = false
  const waitForEnd = async (): Promise<undefined> => {
    await once(child, 'exit')
    if (!isExpected) onLost(why('has ended'))
  }
  const ended = waitForEnd()
  const ready = once(child, 'message').then(() => true)
  const isReady = await Promise.race([ready, ended, delay(startMs, false, { ref: false })])
  if (isReady !== true) {
    isExpected = true
    child.kill('SIGKILL')
    throw new Error(why('did not get ready'))
  }
  child.on('message', onMessage)
  const end = async (ask: () => void): Promise<void> => {
    isExpected = true
    ask()
    const isGone = await Promise.race([ended, delay(endMs, false, { ref: false })])
    if (isGone === false) child.kill('SIGKILL')
    await ended
  }
  return {
    stop: () => end(() => void child.send('stop', () => undefined)),
    kill: () => end(() => void child.kill('SIGKILL')),
  }
}
