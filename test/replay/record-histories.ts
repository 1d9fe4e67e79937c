/**
 * Records the histories that `replay.test.ts` replays, anew: `node test/replay/record-histories.ts`,
 * with the server programs on the PATH. Do so when a workflow was changed on purpose and no run of
 * the old kind is left anywhere; else keep the old histories, and the workflow able to replay them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '../../infra/stack/start-stack.ts'
import type { LoadHandle } from '../../src/client/start-load.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { chainOfHistories } from '../support/run-histories.ts'
import { stackEnvironment } from '../support/stack-environment.ts'
import { eventually } from '../support/eventually.ts'
import { writeHistory } from './recorded-histories.ts'

const partition = '2001-01-01T06'

const directory = mkdtempSync(join(tmpdir(), 'claimcheck-record-'))
const stack = await startStack({ directory, lifetime: 'attached' })
try {
  Object.assign(process.env, stackEnvironment(stack.addresses))
  const bed = await openLoadBed()
  try {
    await bed.startWorker()
    await recordAll(bed)
  } finally {
    await bed.close()
  }
} finally {
  await stack.stop()
  rmSync(directory, { recursive: true, force: true })
}

async function recordAll(bed: LoadBed): Promise<void> {
  await bed.writeFlights({ name: 'one-batch' })
  await record(bed, 'one-batch')

  await bed.writeFlights({ name: 'continued', perPage: 50, limits: { batch_bytes: 1 } })
  await record(bed, 'continued')

  await bed.writeFlights({ name: 'rejected', perPage: 250, limits: { batch_bytes: '40KiB' } })
  bed.source.setFaults({
    rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
  })
  await record(bed, 'rejected')

  await bed.writeFlights({ name: 'cancelled', perPage: 50, limits: { batch_bytes: 1 } })
  bed.source.setFaults({ latencyMs: 300 })
  bed.source.resetStats()
  await record(bed, 'cancelled', async ({ workflowId }) => {
    await eventually('a few pages', async () =>
      bed.source.stats().pagesFetched > 3 ? true : undefined,
    )
    await bed.client.workflow.getHandle(workflowId).cancel()
  })
}

/** Runs the load to its end, however that is, and writes the history of each of its runs. */
async function record(
  bed: LoadBed,
  name: string,
  meanwhile: (load: LoadHandle) => Promise<void> = async () => undefined,
): Promise<void> {
  const load = await bed.start(name, partition)
  await meanwhile(load)
  await load.result().catch(() => undefined)
  const { workflowId, firstExecutionRunId } = load
  const histories = await chainOfHistories(bed.client, workflowId, firstExecutionRunId)
  for (const [index, history] of histories.entries()) {
    const place = histories.length === 1 ? name : `${name}-${index + 1}`
    writeHistory(place, history)
  }
}
