import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mainScript } from './run-cli.ts'

export interface CommandProcess {
  /** What it said first on standard output, which says that it is ready. */
  readonly readyLine: string
  /** What it has written to standard error. */
  log(): string
  /** Returns its exit code when the process is gone; null where a signal ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

/** Starts a command of `claimcheck` that goes on until it is ended, and waits until it is ready. */
export async function startCommand(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<CommandProcess> {
  // Attached: a test process that dies takes it along, through the closed standard input.
  const child = spawn(process.execPath, [mainScript, ...words, '--attached'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const gone = once(child, 'exit')
  const ready = once(child.stdout.setEncoding('utf8'), 'data').then(([line]) => String(line).trim())
  const readyLine = await Promise.race([ready, gone.then(() => undefined)])
  if (readyLine === undefined) {
    throw new Error(`claimcheck ${words.join(' ')} ended before it was ready: ${log}`)
  }
  return {
    readyLine,
    log: () => log,
    async end(signal) {
      child.kill(signal)
      const [exitCode] = await gone
      return typeof exitCode === 'number' ? exitCode : null
    },
  }
}
