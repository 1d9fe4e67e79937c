import type { ListedRun } from '../../client/list-runs.ts'
import type { Html } from './page.ts'
import { runLink } from './run-path.ts'
import { shownSpan, shownState, shownTable, shownTime } from './shown.ts'

/** Runs, as they are listed. */
export function runsTable(caption: string, runs: readonly ListedRun[], nothing: string): Html {
  const now = new Date()
  return shownTable({
    caption: caption,
    header: ['Run', 'Type', 'State', 'Started', 'Took', 'History'],
    rows: runs.map((run) => [
      runLink(run.workflowId),
      run.type,
      shownState(run.state),
      shownTime(run.startedAt, now),
      shownSpan(Date.parse(run.closedAt ?? now.toISOString()) - Date.parse(run.startedAt)),
      // Temporal lists the size of a history when that is complete.
      run.closedAt === undefined ? '' : { bytes: run.historyBytes },
    ]),
    nothing: nothing,
  })
}
