import type { temporal } from '@temporalio/proto'

/** An event of a history as the server has it: nothing in it is decoded. */
export type RawEvent = temporal.api.history.v1.IHistoryEvent

/** A run that the server still has, open or closed. */
export interface ExistingRun {
  readonly workflowId: string
  readonly runId: string
  readonly startedAt: Date
  /** Not set: it is open. */
  readonly closedAt?: Date | undefined
}

/** A message of the server about something that can hold payloads. */
export interface RawHolder {
  /** Says to a person what it is. */
  readonly name: string
  /** As the server has it: nothing in it is decoded. */
  readonly message: unknown
  /** What it holds beside the message cannot be seen, and was encoded since then. @default nothing */
  readonly hidesSince?: Date
}

interface Call {
  readonly signal: AbortSignal
}

/**
 * What Temporal knows of who holds payloads, in one namespace. Every listing is the whole or an error: a
 * part of it must not pass for all.
 */
export interface RetentionHistories {
  readonly namespace: string
  /** Tells the namespace from those of the same name that other servers have. */
  namespaceId(call: Call): Promise<string>
  /** How long the namespace keeps runs that have ended. */
  retentionMs(call: Call): Promise<number>
  /** Runs that exist, those that have just begun perhaps not yet. */
  runs(
    call: Call & {
      /** Only those of this id. */
      readonly workflowId?: string | undefined
    },
  ): AsyncIterable<ExistingRun>
  /** The run as it is now, without any delay; undefined where the server does not have it. */
  findRun(call: Call & Pick<ExistingRun, 'workflowId' | 'runId'>): Promise<ExistingRun | undefined>
  /** The events of a run from the first on; none where the server does not have it. */
  events(
    call: Call & Pick<ExistingRun, 'workflowId' | 'runId'> & { readonly pageSize?: number },
  ): AsyncIterable<RawEvent>
  /** What an open run holds beside its history: heartbeat details and failures of pending activities, memo. */
  pending(call: Call & Pick<ExistingRun, 'workflowId' | 'runId'>): Promise<unknown>
  /** Everything else that holds payloads: schedules, and activities and operations that stand alone. */
  holders(call: Call): AsyncIterable<RawHolder>
}
