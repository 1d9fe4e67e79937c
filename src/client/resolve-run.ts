import type { Client } from '@temporalio/client'
import { chooseRun, meantIds } from './choose-run.ts'
import { describeWorkflow, runNotFound } from './find-run.ts'
import { listRuns } from './list-runs.ts'
import { RunError } from './run-error.ts'
import { isRunType } from './run-types.ts'

/** Enough to see that there are several, and to name some. */
const mostCandidates = 6

const pageSize = 200

/** A beginning that fits many runs of one id is read to this many. */
const mostPages = 20

/**
 * The workflow id that a person means: written whole, as `pipeline/partition`, or as a beginning of either
 * that fits no other run.
 *
 * @throws RunError RUN_NOT_FOUND, RUN_AMBIGUOUS
 */
export async function resolveRun(client: Client, text: string): Promise<string> {
  // Every run begins so: whoever writes nothing means none.
  if (text === '') throw runNotFound(text)
  for (const workflowId of meantIds(text)) {
    const found = await describeWorkflow(client, workflowId)
    if (found !== undefined && isRunType(found.type)) return workflowId
  }
  const { ids, isCutShort } = await idsBeginning(client, text)
  const chosen = chooseRun(text, ids, isCutShort)
  if (chosen.kind === 'found') return chosen.workflowId
  if (chosen.kind === 'not-found') throw runNotFound(text)
  const { candidates } = chosen
  const named = candidates.slice(0, mostCandidates - 1).join(', ')
  const more = isCutShort || candidates.length >= mostCandidates ? ', …' : ''
  throw new RunError('RUN_AMBIGUOUS', `Several runs begin so: ${named}${more}`, {
    at: { run: JSON.stringify(text.slice(0, 200)) },
    remedy: 'Write more of the id of the one that you mean.',
  })
}

async function idsBeginning(
  client: Client,
  text: string,
): Promise<{ readonly ids: ReadonlySet<string>; readonly isCutShort: boolean }> {
  const ids = new Set<string>()
  // In a query it would end the text.
  if (/['"\\]/.test(text)) return { ids, isCutShort: false }
  let pageToken: string | undefined
  for (let page = 0; page < mostPages && ids.size < mostCandidates; page += 1) {
    const idPrefixes = meantIds(text)
    const { runs, next } = await listRuns(client, { idPrefixes, pageSize, pageToken })
    for (const { workflowId } of runs) ids.add(workflowId)
    pageToken = next
    if (next === undefined) break
  }
  return { ids, isCutShort: pageToken !== undefined }
}
