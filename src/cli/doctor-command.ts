import type { Command } from '@commander-js/extra-typings'
import { styleText } from 'node:util'
import { readSettings } from '../config/read-settings.ts'
import { EXIT_CODES, exitCodeOf } from '../exit-code.ts'
import { checkHealth } from './check-health.ts'
import { formatTable } from './format.ts'
import { printJson } from './print-json.ts'
import { findServers } from './session.ts'

/** `claimcheck doctor`: looks at every part that a run needs, and says what to do where one is ill. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .option('--json', 'print one JSON object a check')
    .action(async ({ json = false }) => {
      const settings = readSettings(process.env)
      const checks = await checkHealth(settings, findServers(settings))
      if (json) {
        for (const { name, finding, error } of checks) {
          const state = error === undefined ? 'ok' : 'failed'
          const problem = error && {
            code: error.code,
            message: error.message,
            remedy: error.remedy,
          }
          printJson({ type: 'check', name, state, finding, ...problem })
        }
      } else {
        const rows = checks.map(({ name, finding, error }) => [
          error === undefined ? styleText('green', 'ok') : styleText('red', 'failed'),
          name,
          error === undefined
            ? (finding ?? '')
            : `${error.code}: ${error.message}. ${error.remedy}`,
        ])
        process.stdout.write(`${formatTable(rows)}\n`)
      }
      const worst = checks.map(({ error }) => (error ? exitCodeOf(error) : EXIT_CODES.ok))
      process.exitCode = Math.max(...worst)
    })
}
