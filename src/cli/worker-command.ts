import type { Command } from '@commander-js/extra-typings'
import { readSettings } from '../config/read-settings.ts'
import { endSignal } from './end-signal.ts'
import { findServers } from './session.ts'

/** `claimcheck worker`: does the work; any number of them may run. */
export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description('do the work of runs: poll the queues until Ctrl-C')
    .option(
      '--attached',
      'end when standard input closes, so with the process that started this one',
    )
    .action(async ({ attached = false }) => {
      const settings = readSettings(process.env)
      // Heavy, and no other command needs them.
      const { createLogger, installRuntime } = await import('../worker/runtime-logger.ts')
      const { runWorker } = await import('../worker/run-worker.ts')
      const logger = createLogger(settings.logLevel)
      const signal = endSignal({ attached })
      const addresses = findServers(settings)
      installRuntime(logger)
      await runWorker({
        addresses,
        taskQueue: settings.taskQueue,
        payloads: settings.payloads,
        onWarning: ({ code, message }) => logger.warn({ code }, message),
        environment: process.env,
        sourceHosts: settings.sourceHosts,
        sourceDirectories: settings.sourceDirectories,
        stateDirectory: settings.directory,
        modules: settings.modules,
        onReady: () => {
          logger.info({ taskQueue: settings.taskQueue, pid: process.pid }, 'worker polls')
          process.stdout.write('ready\n')
        },
        signal,
      })
      logger.info('worker has ended')
    })
}
