import { InvalidArgumentError, type Command } from '@commander-js/extra-typings'
import { WORKER_ROLES, type WorkerRole } from '../../workflows/task-queues.ts'
import { readSettings } from '../config/read-settings.ts'
import { workerRolesSchema } from '../config/worker-settings.ts'
import { endSignal } from './end-signal.ts'
import { findWorkerServers } from './worker-servers.ts'

/** `claimcheck worker`: does the work; any number of them may run. */
export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .option(
      '--roles <list>',
      `only some of ${WORKER_ROLES.join(', ')}, apart by commas, instead of CLAIMCHECK_WORKER_ROLES`,
      parseRoles,
    )
    .option(
      '--attached',
      'end when standard input closes, so with the process that started this one',
    )
    .action(async ({ roles: chosen, attached = false }) => {
      const settings = readSettings(process.env)
      // Heavy, and no other command needs them.
      const { createLogger, installRuntime } = await import('../worker/runtime-logger.ts')
      const { runWorker } = await import('../worker/run-worker.ts')
      const logger = createLogger(settings.logLevel)
      const signal = endSignal({ attached })
      const worker = { ...settings.worker, roles: chosen ?? settings.worker.roles }
      const addresses = findWorkerServers(settings, worker.roles)
      installRuntime(logger, worker.metricsAddress)
      await runWorker({
        addresses,
        taskQueue: settings.taskQueue,
        worker,
        payloads: settings.payloads,
        onWarning: ({ code, message }) => logger.warn({ code }, message),
        environment: process.env,
        sourceHosts: settings.sourceHosts,
        sourceDirectories: settings.sourceDirectories,
        sourceBuckets: settings.sourceBuckets,
        stateDirectory: settings.directory,
        modules: settings.modules,
        onReady: () => {
          const { taskQueue } = settings
          const { roles, deploymentVersion } = worker
          logger.info({ taskQueue, roles, deploymentVersion, pid: process.pid }, 'worker polls')
          process.stdout.write('ready\n')
        },
        signal,
      })
      logger.info('worker has ended')
    })
}

function parseRoles(text: string): readonly WorkerRole[] {
  const parsed = workerRolesSchema.safeParse(text)
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message}.`)
}
