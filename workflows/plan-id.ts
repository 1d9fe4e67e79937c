import { uuid4, workflowInfo } from '@temporalio/workflow'
import type { DatasetId } from '../activities/load-target.ts'

/** In hexadecimal, milliseconds since 1970 until the year 10,889. */
const timeDigits = 12

/**
 * An id for what is made for a plan: a UUID of version 8, which those of loads never are, that begins with
 * when its run began, so that what was left behind can be told from what is in use.
 */
export function planId(): DatasetId {
  const beganMs = workflowInfo().runStartTime.getTime()
  const time = beganMs.toString(16).padStart(timeDigits, '0')
  const [, , , , random = ''] = uuid4().split('-')
  const [, more = '', again = ''] = uuid4().split('-')
  const groups = [
    time.slice(0, 8),
    time.slice(8),
    `8${more.slice(1)}`,
    `8${again.slice(1)}`,
    random,
  ]
  return groups.join('-') as DatasetId
}
