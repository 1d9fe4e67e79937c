import type { Client } from '@temporalio/client'
import { z } from 'zod'
import { decodePayload } from './decode-payload.ts'
import { historyEvents, type Execution } from './raw-histories.ts'

const timeoutMs = 5_000

const loadInput = z.object({
  definition: z.object({ source: z.object({ kind: z.string() }) }),
  reprocessing: z.object({ from: z.string() }).optional(),
})

/** Whether the source of a load is made of items, such as files, that it loads side by side. */
export async function mayHaveItems(
  client: Client,
  { workflowId, runId }: Execution,
): Promise<boolean> {
  try {
    const { definition, reprocessing } = loadInput.parse(
      await firstArgument(client, { workflowId, runId }),
    )
    const { kind } = definition.source
    return (kind === 'file' || kind === 'postgres') && reprocessing?.from !== 'parts'
  } catch {
    // What it was asked for may lie in a store that is out of reach; that is no reason not to tell it.
    return true
  }
}

async function firstArgument(client: Client, run: Execution): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs)
  for await (const event of historyEvents(client, run, signal, { pageSize: 1 })) {
    const input = event.workflowExecutionStartedEventAttributes?.input?.payloads
    return decodePayload(client, input?.[0])
  }
  return undefined
}
