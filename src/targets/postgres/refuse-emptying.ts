import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { displayTable } from './sql-name.ts'

/**
 * Refuses a dataset without rows that would take rows away, unless its target allows it.
 *
 * @throws PipelineError TARGET_WOULD_BE_EMPTIED
 */
export function refuseEmptying(
  { target }: Pick<PublishRequest, 'target'>,
  stagedRows: number,
  rowsTaken: number,
): void {
  if (stagedRows > 0 || rowsTaken === 0 || target.allowEmpty === true) return
  throw new PipelineError(
    'TARGET_WOULD_BE_EMPTIED',
    `The dataset has no rows, and would take away the ${rowsTaken} that are there`,
    {
      at: { table: displayTable(target) },
      remedy:
        'Look why the source sent nothing; if that is right, allow it with target.allow_empty: true.',
    },
  )
}
