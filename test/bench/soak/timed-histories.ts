import proto from '@temporalio/proto'
import type { ExistingRun, RawEvent, RetentionHistories } from '../../../activities/index.ts'
import type { SoakClock } from './soak-clock.ts'

const { Timestamp } = proto.google.protobuf

/** What a server knows, with the times of the soak; it keeps runs that have ended for `keptMs` of the machine. */
export function timedHistories(
  histories: RetentionHistories,
  { clock, keptMs }: { readonly clock: SoakClock; readonly keptMs: number },
): RetentionHistories {
  const toSoak = (time: Date): Date => clock.at(time.getTime())
  const timedRun = ({ closedAt, ...run }: ExistingRun): ExistingRun => ({
    ...run,
    startedAt: toSoak(run.startedAt),
    ...(closedAt === undefined ? {} : { closedAt: toSoak(closedAt) }),
  })
  const timedEvent = (event: RawEvent): RawEvent => {
    const notedAt = clock.at(Number(event.eventTime?.seconds ?? 0) * 1000)
    const seconds = Math.floor(notedAt.getTime() / 1000)
    return { ...event, eventTime: Timestamp.fromObject({ seconds }) }
  }
  return {
    namespace: histories.namespace,
    namespaceId: (call) => histories.namespaceId(call),
    retentionMs: async () => clock.span(keptMs),
    async *runs(call) {
      for await (const run of histories.runs(call)) yield timedRun(run)
    },
    async findRun(call) {
      const run = await histories.findRun(call)
      return run && timedRun(run)
    },
    async *events(call) {
      for await (const event of histories.events(call)) yield timedEvent(event)
    },
    pending: (call) => histories.pending(call),
    async *holders(call) {
      for await (const { hidesSince, ...holder } of histories.holders(call)) {
        yield hidesSince === undefined ? holder : { ...holder, hidesSince: toSoak(hidesSince) }
      }
    },
  }
}
