import type { ColumnDefinition } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { NotedField } from './noted-fields.ts'

/** A table of PostgreSQL has 1,600 columns at most; more names than these are data. */
const maxEvolvedColumns = 500

/**
 * Looks whether the columns that nobody has declared are few enough to be columns.
 *
 * @throws PipelineError SCHEMA_CHANGED
 */
export function checkEvolvedCount(
  evolved: readonly ColumnDefinition[],
  noted: readonly NotedField[] = [],
): void {
  const count = new Set([...evolved, ...noted].map(({ from }) => from)).size
  if (count <= maxEvolvedColumns) return
  throw new PipelineError(
    'SCHEMA_CHANGED',
    `the source has brought ${count} fields that are not declared, and ${maxEvolvedColumns} at most become columns`,
    {
      remedy:
        'Names that go on like this are data: declare the object around them as jsonb, or set `schema: discard`; the table is as it was.',
    },
  )
}
