import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mainScript } from './run-cli.ts'

export interface WebProcess {
  /** Without a slash at the end. */
  readonly url: string
  /** What it has written to standard error. */
  log(): string
  /** Ends it in good order; returns its exit code. */
  stop(): Promise<number | null>
}

/** Starts `claimcheck web` on a free port and waits until it listens. */
export async function startWebProcess(environment: NodeJS.ProcessEnv): Promise<WebProcess> {
  // Attached: a test process that dies takes it along, through the closed standard input.
  const child = spawn(process.execPath, [mainScript, 'web', '--port', '0', '--attached'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const gone = once(child, 'exit')
  const ready = once(child.stdout.setEncoding('utf8'), 'data').then(([url]) => String(url).trim())
  const url = await Promise.race([ready, gone.then(() => undefined)])
  if (url === undefined) throw new Error(`claimcheck web ended before it was ready: ${log}`)
  return {
    url,
    log: () => log,
    async stop() {
      child.kill('SIGTERM')
      const [exitCode] = await gone
      return typeof exitCode === 'number' ? exitCode : null
    },
  }
}
