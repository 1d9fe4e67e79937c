import type { Client } from '@temporalio/client'
import {
  backfillProgressQuery,
  type BackfillProgress,
  type BackfillResult,
} from '../../workflows/index.ts'
import { resultOfFailure } from '../client/backfill-failure.ts'
import { followRun } from '../client/follow-run.ts'
import type { BackfillRequest } from '../client/plan-backfill.ts'
import { startBackfill } from '../client/start-backfill.ts'
import { formatCount, formatCounted } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { createProgressLine } from './progress-line.ts'
import { warnWithoutWorker } from './warn-without-worker.ts'

/**
 * Starts a backfill or joins the one that runs, says so, and where that is wanted shows progress, waits
 * for the end and says what came of it.
 */
export async function runBackfill(
  client: Client,
  request: BackfillRequest,
  { wait, json }: { readonly wait: boolean; readonly json: boolean },
): Promise<void> {
  const handle = await startBackfill(client, request)
  const { workflowId, runId, joined, planned } = handle
  const type = joined ? 'joined' : 'started'
  if (json) printJson({ type, workflowId, runId, planned })
  else process.stderr.write(`${type} ${workflowId}: ${formatCounted(planned, 'partition')}\n`)
  await warnWithoutWorker(client, request.taskQueue)
  if (!wait) return

  const line = createProgressLine(request.definition.name, describeBackfill)
  const print = (result: BackfillResult): void => printResult(workflowId, result, json)
  try {
    print(await followRun(client, handle, backfillProgressQuery, line.show).finally(line.end))
  } catch (error) {
    const result = resultOfFailure(error)
    if (result !== undefined) print(result)
    throw error
  }
}

const mostNamed = 3

/** `12 of 31 loaded, 2 loaded already, running 2001-01-14, 2001-01-15` */
function describeBackfill(progress: BackfillProgress): string {
  const { planned, loaded, skipped, failed, running, paused = false } = progress
  const more = running.length > mostNamed ? ', …' : ''
  return [
    `${formatCount(loaded)} of ${formatCount(planned)} loaded`,
    ...(skipped > 0 ? [`${formatCount(skipped)} loaded already`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(running.length > 0 ? [`running ${running.slice(0, mostNamed).join(', ')}${more}`] : []),
    ...(paused ? ['paused'] : []),
  ].join(', ')
}

function printResult(workflowId: string, result: BackfillResult, json: boolean): void {
  if (json) {
    printJson({ type: 'backfill', workflowId, ...result })
    return
  }
  const { loaded, skipped, failed, failures, left } = result
  printTable(
    ['partition', 'failed with'],
    failures.map(({ partition, code }) => [partition, code]),
  )
  const counts = [
    `${formatCount(loaded)} loaded`,
    `${formatCount(skipped)} loaded already`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(left > 0 ? [`${formatCount(left)} not begun`] : []),
  ]
  process.stderr.write(`${workflowId}: ${counts.join(', ')}\n`)
}
