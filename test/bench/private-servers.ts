import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { eraseStack } from '../../infra/stack/erase-stack.ts'
import { startStack, type RunningStack } from '../../infra/stack/start-stack.ts'

export interface PrivateServers {
  readonly directory: string
  readonly servers: RunningStack
  stop(): Promise<void>
}

/** Servers that nobody else uses, in a folder that is removed with them. */
export async function startPrivateServers(say: (text: string) => void): Promise<PrivateServers> {
  mkdirSync('.claimcheck', { recursive: true })
  const directory = resolve(mkdtempSync(join('.claimcheck', 'bench-')))
  // An empty environment: a measurement never uses servers that somebody works with.
  const options = { directory, lifetime: 'attached', onProgress: say, environment: {} } as const
  const servers = await startStack(options)
  return {
    directory,
    servers,
    async stop() {
      await servers.stop()
      await eraseStack(directory)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
