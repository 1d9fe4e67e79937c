import type { Client } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import type { ExistingRun } from '../../../activities/index.ts'
import {
  blobClaimsIn,
  valueClaimsIn,
  type ClaimCheckCodec,
  type ObjectStore,
} from '../../../codec/index.ts'
import { parseValueOwner } from '../../../codec/value-key.ts'
import { createRetentionHistories } from '../../../src/client/retention-histories.ts'
import { payloadsOf } from '../../support/run-histories.ts'
import type { SoakCounts } from './soak-counts.ts'

export interface CheckPorts {
  readonly client: Client
  readonly store: ObjectStore
  readonly codec: ClaimCheckCodec
  readonly counts: SoakCounts
}

/** Reads and decodes all of a run: its history, and what it holds beside that while it is open. */
export async function checkRun(
  ports: CheckPorts,
  run: ExistingRun,
  signal: AbortSignal,
): Promise<void> {
  const histories = createRetentionHistories(ports.client)
  const name = `workflow ${run.workflowId}, run ${run.runId}`
  for await (const event of histories.events({ ...run, signal })) {
    ports.counts.events += 1
    const decoded = await checkMessage(ports, `${name}, event ${String(event.eventId)}`, event)
    await checkValues(ports, name, decoded, run.runId)
  }
  ports.counts.histories += 1
  // What was under way when it ended the server shows still, and nobody can come to use it.
  const { closedAt } = (await histories.findRun({ ...run, signal })) ?? run
  if (closedAt !== undefined) return
  const pending = await histories.pending({ ...run, signal })
  await checkMessage(ports, `${name}, pending`, pending)
}

/** Decodes every payload of a message; what cannot be had is a trouble. */
export async function checkMessage(
  { codec, counts }: CheckPorts,
  place: string,
  message: unknown,
): Promise<readonly Payload[]> {
  counts.claims += blobClaimsIn(message).length
  try {
    return await codec.decode(payloadsOf(message))
  } catch (error) {
    counts.troubles.push(`${place}: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}

/** Those that the run itself has parked are there for as long as it is. */
async function checkValues(
  { store, counts }: CheckPorts,
  place: string,
  decoded: readonly Payload[],
  runId: string,
): Promise<void> {
  for (const { key } of valueClaimsIn(decoded)) {
    if (parseValueOwner(key)?.runId !== runId) continue
    counts.values += 1
    if ((await store.head(key)) === undefined) counts.troubles.push(`${place}: ${key} is missing`)
  }
}
