import { sleep } from '@temporalio/workflow'
import { bulkLoad as bulkLoadToday } from '../../workflows/index.ts'

/** A workflow that was changed without care for the runs under way: it begins with a timer. */
export async function bulkLoad(...input: Parameters<typeof bulkLoadToday>) {
  await sleep('1 second')
  return bulkLoadToday(...input)
}
