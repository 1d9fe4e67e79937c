/** A worker of the soak's own workflows, as a process. */
import { GracefulShutdownPeriodExpiredError, NativeConnection, Worker } from '@temporalio/worker'
import { createLogger, installRuntime } from '../../../src/worker/runtime-logger.ts'
import { attend } from './attend.ts'
import { openSoakCodec } from './open-soak-codec.ts'
import { createSoakActivities } from './soak-activities.ts'
import { readSoakSettings } from './soak-settings.ts'

const settings = readSoakSettings()
const { signal, tell } = attend()
installRuntime(createLogger('error'))
const { dataConverter, claims } = openSoakCodec(settings)
const { address, namespace } = settings.temporal
const connection = await NativeConnection.connect({ address })
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: settings.taskQueue,
  dataConverter,
  workflowBundle: { codePath: settings.bundlePath },
  activities: createSoakActivities(claims),
  // So few that histories are read and decoded again, long after they were written.
  maxCachedWorkflows: 8,
  maxConcurrentActivityTaskExecutions: 20,
  maxHeartbeatThrottleInterval: '500 milliseconds',
  stickyQueueScheduleToStartTimeout: '1 second',
  shutdownGraceTime: '2 seconds',
  shutdownForceTime: '10 seconds',
})
const running = worker.run()
signal.addEventListener('abort', () => worker.shutdown())
tell('ready')
await running.catch((error: unknown) => {
  if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error
})
process.exit(0)
