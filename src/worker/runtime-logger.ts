import { ApplicationFailure } from '@temporalio/common'
import { DefaultLogger, Runtime, type LogEntry, type LogLevel } from '@temporalio/worker'
import pino, { type Logger } from 'pino'

const levels: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
}

/** One JSON line an event on standard error. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null }, pino.destination({ fd: 2, sync: false }))
}

/**
 * Makes pino the logger of Temporal's runtime, and serves its metrics where an address is given. Once a process, before anything connects.
 *
 * Of what is logged only names and the error's message are kept: an activity that fails to start would
 * otherwise log its whole task, payloads included.
 */
export function installRuntime(logger: Logger, metricsAddress?: string): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', (entry) => writeEntry(logger, entry)),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(metricsAddress === undefined ? {} : { metrics: metricsAt(metricsAddress) }),
    },
    shutdownSignals: [],
  })
}

/** As Prometheus would have them: base units, and counters that say so. */
function metricsAt(bindAddress: string) {
  return {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
    },
  }
}

const keptNames = [
  'workflowId',
  'runId',
  'activityType',
  'activityId',
  'attempt',
  'taskQueue',
  'datasetId',
  'pipeline',
  'partition',
  'partNumber',
  'counts',
  // What ends of backfills, graphs, ticks and plans tell, and what signals and dependants were left out.
  'planned',
  'started',
  'joined',
  'loaded',
  'skipped',
  'failed',
  'left',
  'plan',
  'objects',
  'sizeBytes',
  'signal',
  'untold',
]

function writeEntry(logger: Logger, { level, message, meta }: LogEntry): void {
  const { workflowRunId, ...rest } = meta ?? {}
  // Activities have it by this name, workflows by the other.
  const named = workflowRunId === undefined ? rest : { runId: workflowRunId, ...rest }
  const details = Object.entries(named).filter(([name]) => keptNames.includes(name))
  const error: unknown = meta?.error
  const text = error instanceof Error ? error.message : undefined
  const code = error instanceof ApplicationFailure ? error.type : undefined
  const failure = { ...(code && { code }), ...(text && { error: text }) }
  logger[levels[level]]({ ...Object.fromEntries(details), ...failure }, message)
}
