import { asyncLocalStorage, Context, type Info } from '@temporalio/activity'
import { noopMetricMeter, type Logger } from '@temporalio/common'

const say = (): void => undefined
const quiet: Logger = { log: say, trace: say, debug: say, info: say, warn: say, error: say }

/** Runs `work` where a worker runs the body of an activity and encodes its result. */
export async function inActivityContext<T>(
  work: () => Promise<T>,
  options: { readonly info?: Partial<Info>; readonly signal?: AbortSignal } = {},
): Promise<T> {
  return asyncLocalStorage.run(activityContext(options), work)
}

/** One attempt of an activity. */
export function activityContext(
  options: { readonly info?: Partial<Info>; readonly signal?: AbortSignal } = {},
): Context {
  const { info, signal = new AbortController().signal } = options
  const never = new Promise<never>(() => undefined)
  const heartbeat = (): void => undefined
  const meter = noopMetricMeter
  return new Context(infoWith(info), never, signal, heartbeat, undefined, quiet, meter, {})
}

function infoWith(info: Partial<Info> = {}): Info {
  const taskToken = Buffer.from(`token of ${info.activityId ?? '7'}`)
  return {
    taskToken,
    base64TaskToken: taskToken.toString('base64'),
    activityId: '7',
    activityType: 'download',
    activityNamespace: 'default',
    namespace: 'default',
    attempt: 1,
    isLocal: false,
    inWorkflow: true,
    workflowExecution: { workflowId: 'etl/flights/2026-11-25', runId: 'run-1' },
    scheduledTimestampMs: 0,
    scheduleToCloseTimeoutMs: 0,
    startToCloseTimeoutMs: 60_000,
    currentAttemptScheduledTimestampMs: 0,
    heartbeatDetails: undefined,
    taskQueue: 'queue',
    ...info,
  }
}
