import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mainScript } from './run-cli.ts'

export interface WorkerProcess {
  /** Its local disk: the only folder that it has for temporary files. */
  readonly disk: string
  /** What it has written to standard error. */
  log(): string
  /** SIGKILL, and the loss of its local disk. Returns when the process is gone. */
  kill(): Promise<void>
  /** Ends it in good order; does nothing when it is gone. */
  stop(): Promise<void>
}

/** Starts `claimcheck worker` with an empty local disk and waits until it polls. */
export async function startWorkerProcess(environment: NodeJS.ProcessEnv): Promise<WorkerProcess> {
  const disk = await mkdtemp(join(tmpdir(), 'claimcheck-test-worker-'))
  // Attached: a test process that dies takes it along, through the closed standard input.
  const child = spawn(process.execPath, [mainScript, 'worker', '--attached'], {
    env: { ...environment, TMPDIR: disk },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const gone = once(child, 'exit')
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    child.kill(signal)
    await gone
    await rm(disk, { recursive: true, force: true })
  }
  const ready = once(child.stdout, 'data').then(() => true)
  if (!(await Promise.race([ready, gone.then(() => false)]))) {
    await rm(disk, { recursive: true, force: true })
    throw new Error(`the worker ended before it was ready: ${log}`)
  }
  return { disk, log: () => log, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}
