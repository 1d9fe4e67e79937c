import type { GarbageSummary } from '../../activities/index.ts'
import { formatBytes, formatCount } from './format.ts'
import { printJson } from './print-json.ts'
import { printTable } from './print-table.ts'

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
  const isForPeople = process.stdout.isTTY
  printTable(
    ['verdict', 'kind', 'what', 'objects', 'size', 'reason'],
    [
      ...groups.map((group) => [
        'garbage',
        group.kind,
        group.group,
        isForPeople ? formatCount(group.objects) : String(group.objects),
        isForPeople ? formatBytes(group.sizeBytes) : String(group.sizeBytes),
        group.reason,
      ]),
      ...kept.map(({ kind, subject, reason }) => ['kept', kind, subject, '', '', reason]),
    ],
  )
  if (furtherKept > 0) {
    process.stderr.write(`${formatCount(furtherKept)} more lines of what stays are not shown\n`)
  }
}
