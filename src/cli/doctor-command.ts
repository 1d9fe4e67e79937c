import type { Command } from '@commander-js/extra-typings'
import type { Client } from '@temporalio/client'
import { styleText } from 'node:util'
import { createS3ObjectStore } from '../../codec/index.ts'
import { connectClient } from '../client/connect-temporal.ts'
import { readSettings } from '../config/read-settings.ts'
import { EXIT_CODES, exitCodeOf } from '../exit-code.ts'
import { checkHealth } from '../inspect/check-health.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { findServers } from './session.ts'

/** `claimcheck doctor`: looks at every part that a run needs, and says what to do where one is ill. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .option('--json', 'print one JSON object a check')
    .action(async ({ json = false }) => {
      const settings = readSettings(process.env)
      const addresses = findServers(settings)
      const store = createS3ObjectStore(addresses.store)
      let connecting: Promise<Client> | undefined
      const connect = (): Promise<Client> => {
        connecting ??= connectClient(addresses.temporal, { ...settings.payloads, store })
        return connecting
      }
      const checks = await checkHealth({
        addresses,
        taskQueue: settings.taskQueue,
        connect,
        checkBucket: () => store.ensureBucket(),
      })
      const client = await connecting?.catch(() => undefined)
      await client?.connection.close()
      store.close()
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
        printTable(['state', 'part', 'finding'], rows)
      }
      const worst = checks.map(({ error }) => (error ? exitCodeOf(error) : EXIT_CODES.ok))
      process.exitCode = Math.max(...worst)
    })
}
