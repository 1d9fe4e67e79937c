import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow'
import type { WithClaims } from '../../codec/claim-arguments.ts'
import type { ClaimActivities, StreamActivities, StreamFacts } from './temporal-claim-activities.ts'

export const isRelayedQuery = defineQuery<boolean>('isRelayed')
export const endRelaySignal = defineSignal('endRelay')

/** Passes claims from the activities that park to those that fetch; never reads what they stand for. */
export async function relay(rows: number, sizeBytes: number) {
  const activities = proxyActivities<WithClaims<ClaimActivities>>({
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '100ms', maximumAttempts: 2 },
  })
  const { parkRows, sumOfClaims, sumOf, scaledSum, parkBytes, digestOfStream } = activities
  let isRelayed = false
  let isOver = false
  setHandler(isRelayedQuery, () => isRelayed)
  setHandler(endRelaySignal, () => {
    isOver = true
  })
  const claim = await parkRows(rows)
  const stream = await parkBytes(sizeBytes)
  const found = {
    again: (await parkRows(rows)).key === claim.key,
    fetched: await sumOfClaims([claim]),
    asArgument: await sumOf(claim),
    asMember: await scaledSum({ rows: claim, factor: 2 }),
    stream: await digestOfStream(stream),
    unsupported: await typeOfFailure(activities.parkFunction),
    claims: [claim, stream],
  }
  isRelayed = true
  await condition(() => isOver)
  return found
}

/** A stream through the store and back, on a worker of its own, and what the worker says of itself. */
export async function carryStreams(
  taskQueue: string,
  sizesBytes: readonly number[],
): Promise<StreamFacts[]> {
  const { park, digestOf, facts } = proxyActivities<StreamActivities>({
    taskQueue,
    startToCloseTimeout: '5 minutes',
    retry: { maximumAttempts: 1 },
  })
  const all: StreamFacts[] = []
  for (const sizeBytes of sizesBytes) {
    const { claim, sent } = await park(sizeBytes)
    const received = await digestOf(claim)
    all.push({ ...(await facts()), claimed: claim.digest, sent, received })
  }
  return all
}

async function typeOfFailure(work: () => Promise<void>): Promise<string> {
  try {
    await work()
    return 'no failure'
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error
    return cause instanceof ApplicationFailure ? (cause.type ?? 'no type') : String(cause)
  }
}
