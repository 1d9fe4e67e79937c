import type { Command } from '@commander-js/extra-typings'
import { stopStack } from '../../infra/stack/stop-stack.ts'
import { stopKeptCompanions } from './kept-companions.ts'
import { readSettings } from '../config/read-settings.ts'

/** `claimcheck down`: stops what `up` started here; the data stays. */
export function addDownCommand(program: Command): void {
  program.command('down').action(async () => {
    const { directory } = readSettings(process.env)
    await stopKeptCompanions(directory)
    const stopped = await stopStack(directory)
    process.stdout.write(stopped ? 'stopped\n' : 'nothing was running here\n')
  })
}
