import type { LoadCounts } from '../../../activities/load-target.ts'
import type { InspectedTable } from './inspect-table.ts'
import type { PublishRequest } from './postgres-requests.ts'

/**
 * What foreign keys may do beside what a plan counts, in sentences. Only writing the rows would show which
 * rows that reaches; `refuseFollowed` refuses the load where they are rows of its dataset.
 */
export function foreseenFollowers(
  { target, columns }: Pick<PublishRequest, 'target' | 'columns'>,
  table: Pick<InspectedTable, 'followers' | 'referredColumns'>,
  { rowsDeleted, rowsUpdated }: LoadCounts,
): string[] {
  const { mode, onMissing } = target
  const replaces = mode === 'replace' || mode === 'replace-interval'
  const sentences: string[] = []
  if (rowsDeleted > 0 && table.followers.length > 0 && (replaces || onMissing === 'delete')) {
    const constraints = table.followers.join(', ')
    sentences.push(`${constraints} would delete or change what refers to the rows that go`)
  }
  const referred = columns.flatMap(({ name, key }) =>
    !key && table.referredColumns.includes(name) ? [JSON.stringify(name)] : [],
  )
  if (rowsUpdated > 0 && referred.length > 0 && (replaces || mode === 'merge')) {
    sentences.push(
      `foreign keys would change what refers to values of ${referred.join(', ')} that change`,
    )
  }
  return sentences
}
