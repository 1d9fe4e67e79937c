/** `claimcheck worker`, with the time of the soak for its codec. */
import { findWorkerServers } from '../../../src/cli/worker-servers.ts'
import { readSettings } from '../../../src/config/read-settings.ts'
import { runWorker } from '../../../src/worker/run-worker.ts'
import { createLogger, installRuntime } from '../../../src/worker/runtime-logger.ts'
import { attend } from './attend.ts'
import { createSoakClock } from './soak-clock.ts'
import { readSoakSettings } from './soak-settings.ts'

const settings = readSettings(process.env)
const clock = createSoakClock(readSoakSettings().pace)
const { signal, tell } = attend()
const logger = createLogger('error')
installRuntime(logger)
const payloads = { ...settings.payloads, cacheBytes: 0, clock: clock.now }
await runWorker({
  addresses: findWorkerServers(settings, settings.worker.roles),
  taskQueue: settings.taskQueue,
  worker: settings.worker,
  payloads,
  onWarning: ({ code, message }) => logger.warn({ code }, message),
  environment: process.env,
  sourceDirectories: settings.sourceDirectories,
  stateDirectory: settings.directory,
  modules: settings.modules,
  onReady: () => tell('ready'),
  signal,
})
process.exit(0)
