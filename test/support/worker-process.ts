import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCommand } from './command-process.ts'

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
  const loseDisk = (): Promise<void> => rm(disk, { recursive: true, force: true })
  const worker = await startCommand(['worker'], { ...environment, TMPDIR: disk }).catch(
    async (error: unknown) => {
      await loseDisk()
      throw error
    },
  )
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    await worker.end(signal)
    await loseDisk()
  }
  return { disk, log: () => worker.log(), kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}
