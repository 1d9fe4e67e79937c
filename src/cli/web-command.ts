import type { Command } from '@commander-js/extra-typings'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { endSignal } from './end-signal.ts'
import { searchedDirectories } from './searched-directories.ts'
import type { RunWebOptions } from '../web/run-web.ts'
import { findServers } from './session.ts'
import { wholeNumber } from './whole-number.ts'

/** `claimcheck web`: the codec server for the Temporal UI and CLI, and the HTTP API. */
export function addWebCommand(program: Command): void {
  program
    .command('web')
    .option('--host <address>', 'where to listen')
    .option(
      '--port <number>',
      'the port; 0 takes a free one',
      wholeNumber({ least: 0, most: 65_535 }),
    )
    .option(
      '--attached',
      'end when standard input closes, so with the process that started this one',
    )
    .action(async ({ host, port, attached = false }) => {
      const settings = readSettings(process.env)
      const { web } = settings
      // Heavy, and only this command needs it.
      const { createLogger } = await import('../worker/runtime-logger.ts')
      const { runWeb } = await import('../web/run-web.ts')
      await runWeb({
        addresses: findStoreAndTemporal(settings),
        environment: process.env,
        allowedHosts: settings.sourceHosts,
        payloads: settings.payloads,
        directories: searchedDirectories(settings),
        taskQueue: settings.taskQueue,
        web: { ...web, host: host ?? web.host, port: port ?? web.port },
        logger: createLogger(settings.logLevel),
        onReady: (url) => {
          process.stdout.write(`${url}\n`)
          process.stderr.write(`Codec endpoint: ${url}/codec\n`)
        },
        signal: endSignal({ attached }),
      })
    })
}

/** It needs no database: where the environment names the other two, nothing has to run here. */
function findStoreAndTemporal(settings: Settings): RunWebOptions['addresses'] {
  const { temporal, store, ...others } = externalAddresses(process.env)
  return temporal && store ? { temporal, store, ...others } : findServers(settings)
}
