import type { GarbageSummary } from '../../activities/index.ts'
import { formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'
import { tableFigures } from './table-figures.ts'

/** What may go and what stays, each with its reason: a line a group. */
export function printGarbage(
  { objects, sizeBytes, groups, kept, furtherKept }: GarbageSummary,
  { json }: { readonly json: boolean },
): void {
  if (json) {
    for (const group of groups) printJson({ type: 'garbage', ...group })
    for (const each of kept) printJson({ type: 'kept', ...each })
    printJson({ type: 'plan', objects, sizeBytes, furtherKept })
    return
  }
  const { bytes, count } = tableFigures()
  printTable(
    ['verdict', 'kind', 'what', 'objects', 'size', 'reason'],
    [
      ...groups.map((group) => [
        'garbage',
        group.kind,
        group.group,
        count(group.objects),
        bytes(group.sizeBytes),
        group.reason,
      ]),
      ...kept.map(({ kind, subject, reason }) => ['kept', kind, subject, '', '', reason]),
    ],
  )
  if (furtherKept > 0) {
    process.stderr.write(`${formatCount(furtherKept)} more lines of what stays are not shown\n`)
  }
}
