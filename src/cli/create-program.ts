import { Command } from '@commander-js/extra-typings'
import { addDoctorCommand } from './doctor-command.ts'
import { addDownCommand } from './down-command.ts'
import { addLineageCommand } from './lineage-command.ts'
import { addLoadsCommand } from './loads-command.ts'
import { addPipelinesCommand } from './pipelines-command.ts'
import { addQuickstartCommand } from './quickstart-command.ts'
import { addReprocessCommand } from './reprocess-command.ts'
import { addRunCommand } from './run-command.ts'
import { addScheduleCommand } from './schedule-command.ts'
import { addUpCommand } from './up-command.ts'
import { addWebCommand } from './web-command.ts'
import { addWorkerCommand } from './worker-command.ts'

/** The command line: every command and option. */
export function createProgram() {
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
  return program
}
