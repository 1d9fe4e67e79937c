import { Command, CommanderError } from '@commander-js/extra-typings'
import { exitCodeOf } from '../exit-code.ts'
import { addDoctorCommand } from './doctor-command.ts'
import { addDownCommand } from './down-command.ts'
import { addLineageCommand } from './lineage-command.ts'
import { addLoadsCommand } from './loads-command.ts'
import { addPipelinesCommand } from './pipelines-command.ts'
import { addQuickstartCommand } from './quickstart-command.ts'
import { reportError } from './report-error.ts'
import { addReprocessCommand } from './reprocess-command.ts'
import { addRunCommand } from './run-command.ts'
import { addScheduleCommand } from './schedule-command.ts'
import { addUpCommand } from './up-command.ts'
import { addWebCommand } from './web-command.ts'
import { addWorkerCommand } from './worker-command.ts'

const program = new Command('claimcheck')
  .description(
    'Bulk loads on Temporal: history carries claims, S3 keeps the data, PostgreSQL gets the rows.',
  )
  .exitOverride()
  .showHelpAfterError('Run `claimcheck --help` to see what there is.')

addUpCommand(program)
addDownCommand(program)
addRunCommand(program)
addReprocessCommand(program)
addScheduleCommand(program)
addLineageCommand(program)
addPipelinesCommand(program)
addLoadsCommand(program)
addWorkerCommand(program)
addWebCommand(program)
addDoctorCommand(program)
addQuickstartCommand(program)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) {
    reportError(error, { json: process.argv.includes('--json') })
  }
  process.exitCode = exitCodeOf(error)
}
// A command that has ended is over, whatever its libraries still hold open.
process.exit()
