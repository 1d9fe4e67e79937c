import { sleep } from '@temporalio/workflow'
import {
  bulkLoad as bulkLoadToday,
  loadItem as loadItemToday,
  reprocess as reprocessToday,
} from '../../workflows/index.ts'

/** Workflows that were changed without care for the runs under way: each begins with a timer. */
export const bulkLoad = changed(bulkLoadToday)
export const loadItem = changed(loadItemToday)
export const reprocess = changed(reprocessToday)

function changed<Input extends unknown[], Output>(
  workflow: (...input: Input) => Promise<Output>,
): (...input: Input) => Promise<Output> {
  return async (...input) => {
    await sleep('1 second')
    return workflow(...input)
  }
}
