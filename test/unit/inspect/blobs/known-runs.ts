import proto from '@temporalio/proto'
import type { RetentionHistories } from '../../../../activities/retention/retention-histories.ts'
import { namespace } from './filled-store.ts'

const { HistoryEvent } = proto.temporal.api.history.v1

/** Histories that a test has made up, as a server would tell of them. */
export function knownRuns(
  runs: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>,
  others: Readonly<Record<string, unknown>> = {},
  pending: unknown = {},
): RetentionHistories {
  return {
    namespace,
    namespaceId: async () => 'of the test',
    retentionMs: async () => 86_400_000,
    async *runs() {
      for (const workflowId of Object.keys(runs)) {
        yield { workflowId, runId: `run of ${workflowId}`, startedAt: new Date(0) }
      }
    },
    findRun: async () => undefined,
    async *events({ workflowId }) {
      // As the wire has it: members that are not there are not there.
      for (const event of runs[workflowId] ?? []) {
        yield HistoryEvent.decode(HistoryEvent.encode(HistoryEvent.fromObject(event)).finish())
      }
    },
    pending: async () => pending,
    async *holders() {
      for (const [name, message] of Object.entries(others)) yield { name, message }
    },
  }
}
