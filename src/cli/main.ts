import { CommanderError } from '@commander-js/extra-typings'
import { exitCodeOf } from '../exit-code.ts'
import { createProgram } from './create-program.ts'
import { reportError } from './report-error.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) {
    reportError(error, { json: process.argv.includes('--json') })
  }
  process.exitCode = exitCodeOf(error)
}
// A command that has ended is over, whatever its libraries still hold open.
process.exit()
