import type { LoadPlan } from '../../activities/index.ts'
import type { LoadSummary } from './load-summary.ts'
import { formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { tableFigures } from './table-figures.ts'

/** How many rows a load would add, change, take away and leave: null where its mode does none of that. */
export interface PlannedRows {
  readonly added: number
  readonly changed: number | null
  readonly removed: number | null
  /** Rows of the dataset that the table has already, with the same values or newer ones. */
  readonly same: number | null
  /** Rows of the dataset that another one with the same key takes the place of. */
  readonly duplicate: number
}

export function plannedRows({ counts, canChange, canRemove, mode }: LoadPlan): PlannedRows {
  return {
    added: counts.rowsInserted,
    changed: canChange ? counts.rowsUpdated : null,
    removed: canRemove ? counts.rowsDeleted : null,
    same: mode === 'append' ? null : counts.rowsUnchanged,
    duplicate: counts.rowsDuplicate,
  }
}

/** What a load would change in its table. */
export function printPlan(summary: LoadSummary, plan: LoadPlan, json: boolean): void {
  const rows = plannedRows(plan)
  const { target, mode, rowsBefore, alterations, followers } = plan
  if (json) {
    const { workflowId, rejects, missingFields, discardedFields } = summary
    printJson({
      type: 'planned',
      workflowId,
      target,
      mode,
      rowsBefore,
      ...rows,
      rejects,
      missingFields,
      discardedFields,
      alterations,
      followers,
    })
    return
  }
  printTable(
    ['rows', 'count'],
    Object.entries(rows).map(([kind, count]) => [
      kind,
      count === null ? '-' : tableFigures().count(count),
    ]),
  )
  process.stderr.write(`${describePlan(plan, summary)}\n`)
}

/** The same in sentences, but for the counts. */
export function describePlan(
  plan: LoadPlan,
  { missingFields = [] }: Pick<LoadSummary, 'missingFields'>,
): string {
  const { target, mode, rowsBefore, alterations, followers = [] } = plan
  const now = rowsBefore === null ? 'would be made' : `has ${formatCount(rowsBefore)} rows`
  return [
    `${target} ${now}; nothing was loaded (mode ${mode}${limitsOf(plan)})`,
    ...(missingFields.length > 0 ? [`In no record: ${missingFields.join(', ')}`] : []),
    ...alterations.map((sentence) => `The table would be altered first: ${sentence}`),
    ...followers.map(
      (sentence) =>
        `Not looked at: ${sentence}; where that reaches rows of the dataset, the load is refused`,
    ),
  ].join('\n')
}

/** What the mode cannot do, in words: a 0 would say that it had been looked for. */
function limitsOf({ mode, canChange, canRemove }: LoadPlan): string {
  if (mode === 'append') return ' adds rows, and changes or removes none'
  if (!canChange) return ' without a key: rows are replaced, and none is changed'
  return canRemove ? '' : ' removes none'
}
