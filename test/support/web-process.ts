import { startCommand } from './command-process.ts'

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
  const web = await startCommand(['web', '--port', '0'], environment)
  return { url: web.readyLine, log: () => web.log(), stop: () => web.end('SIGTERM') }
}
