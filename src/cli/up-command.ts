import type { Command } from '@commander-js/extra-typings'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { startStack } from '../../infra/stack/start-stack.ts'
import { readSettings } from '../config/read-settings.ts'
import { endSignal } from './end-signal.ts'
import { describeServers } from './describe-servers.ts'

/** `claimcheck up`: the servers, until Ctrl-C, or in the background. */
export function addUpCommand(program: Command): void {
  program
    .command('up')
    .option('--detach', 'leave them running in the background; `claimcheck down` stops them')
    .action(async ({ detach = false }) => {
      const settings = readSettings(process.env)
      const signal = endSignal()
      const stack = await startStack({
        directory: settings.directory,
        lifetime: detach ? 'detached' : 'attached',
        onProgress: (text) => process.stderr.write(`${text}\n`),
      })
      process.stdout.write(
        `${describeServers(stack, stackPaths(settings.directory).credentials)}\n`,
      )
      if (detach || !stack.owned) return
      process.stderr.write('Ctrl-C stops them.\n')
      await new Promise<void>((resolve) => {
        const hold = setInterval(() => undefined, 60_000)
        const end = (): void => {
          clearInterval(hold)
          resolve()
        }
        if (signal.aborted) end()
        else signal.addEventListener('abort', end)
      })
      await stack.stop()
    })
}
