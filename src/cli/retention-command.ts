import type { Command } from '@commander-js/extra-typings'
import { addRetentionRunCommands } from './retention-run-commands.ts'
import { addRetentionScheduleCommands } from './retention-schedule-commands.ts'

/** `claimcheck retention …`: what `gc` does, done by workers. */
export function addRetentionCommand(program: Command): void {
  const group = program.command('retention')
  addRetentionRunCommands(group)
  addRetentionScheduleCommands(group)
}
