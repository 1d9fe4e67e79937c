import { sleep } from '@temporalio/workflow'
import {
  backfill as backfillToday,
  bulkLoad as bulkLoadToday,
  callEndpoint as callEndpointToday,
  keyedRequest as keyedRequestToday,
  dailyGraph as dailyGraphToday,
  loadItem as loadItemToday,
  reprocess as reprocessToday,
  retention as retentionToday,
  scheduleTick as scheduleTickToday,
} from '../../workflows/index.ts'

/** Workflows that were changed without care for the runs under way: each begins with a timer. */
export const backfill = changed(backfillToday)
export const bulkLoad = changed(bulkLoadToday)
export const callEndpoint = changed(callEndpointToday)
export const keyedRequest = changed(keyedRequestToday)
export const dailyGraph = changed(dailyGraphToday)
export const loadItem = changed(loadItemToday)
export const reprocess = changed(reprocessToday)
export const retention = changed(retentionToday)
export const scheduleTick = changed(scheduleTickToday)

function changed<Input extends unknown[], Output>(
  workflow: (...input: Input) => Promise<Output>,
): (...input: Input) => Promise<Output> {
  return async (...input) => {
    await sleep('1 second')
    return workflow(...input)
  }
}
