import type proto from '@temporalio/proto'

/** A moment as Temporal's protocol has it. */
export type Timestamp = proto.google.protobuf.ITimestamp | null | undefined

/** RFC 3339; nothing where the protocol has nothing. */
export function timeOf(time: Timestamp): string | undefined {
  if (!time) return undefined
  return new Date(Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6).toISOString()
}
