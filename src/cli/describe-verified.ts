import { styleText } from 'node:util'
import type { DifferenceKind } from '../targets/postgres/comparison-sql.ts'
import type { LoadRecord } from '../targets/postgres/list-loads.ts'
import type { VerifiedLoad } from '../targets/postgres/verify-load.ts'
import { formatCount } from '../format-number.ts'

const meanings: Readonly<Record<DifferenceKind, string>> = {
  equal: 'are in the table as they are in the dataset',
  missing: 'are not in the table',
  differing: 'differ in the table',
  extra: 'are in the table and not in the dataset',
  newer: 'have newer ones in their place, by order_by',
  overwritten: 'were written over by later loads',
}

const kinds: readonly DifferenceKind[] = [
  'equal',
  'overwritten',
  'newer',
  'missing',
  'differing',
  'extra',
]

/** What was found, for a person: one line each. */
export function describeVerified(load: LoadRecord, verified: VerifiedLoad): string {
  const { verdict, parts, damage, keys, comparison } = verified
  const { laterLoads = 0 } = comparison ?? {}
  const label = styleText(verdict === 'equal' ? 'green' : 'red', verdict)
  const lines = [`${label} ${load.target} and dataset ${load.datasetId}`]
  for (const { key, problem } of damage) lines.push(`  ${key} ${problem}`)
  if (damage.length === 0) lines.push(`  ${formatCount(parts)} parts are as they were written`)
  if (keys === 'equal') lines.push('  the keys are those that the load has noted')
  if (keys === 'differ') lines.push('  the keys are not those that the load has noted')
  for (const kind of kinds) {
    const count = comparison?.rows[kind] ?? 0
    if (count > 0) lines.push(`  ${formatCount(count)} rows ${meanings[kind]}`)
    for (const { key } of comparison?.examples.filter((example) => example.kind === kind) ?? []) {
      const cells = Object.entries(key).map(([name, text]) => `${name}=${JSON.stringify(text)}`)
      lines.push(`    ${cells.join(' ')}`)
    }
  }
  if (laterLoads > 0 && verdict === 'differs') {
    lines.push(`  ${formatCount(laterLoads)} later loads into the table may be why`)
  }
  return `${lines.join('\n')}\n`
}
