import { CommanderError } from '@commander-js/extra-typings'
import { exitCodeOf } from '../exit-code.ts'
import { createProgram } from './create-program.ts'
import { endProcess, mindReaders } from './write-out.ts'

mindReaders()
try {
  const program = await createProgram(process.argv.slice(2))
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) {
    const { reportError } = await import('./report-error.ts')
    reportError(error, { json: process.argv.includes('--json') })
  }
  process.exitCode = exitCodeOf(error)
}
await endProcess()
