import type { DatasetId } from '../../../activities/load-target.ts'
import type { PartChunk } from '../../../activities/part-chunk.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { copyBinary } from './copy-binary-encoder.ts'
import { rowsLost } from './expect-rows.ts'
import { sendCopy } from './send-copy.ts'
import type { Session } from './sessions.ts'
import { POSITION_COLUMN, quoteColumn } from './sql-name.ts'

export interface CopiedPart {
  readonly datasetId: DatasetId
  readonly columns: readonly ColumnDefinition[]
  readonly partNumber: number
  readonly rowCount: number
  readonly chunks: AsyncIterable<PartChunk>
}

/**
 * Copies the rows of one part into a table, which is given as an SQL identifier.
 *
 * @param withPositions Whether the table has a column for the positions of rows in their dataset.
 * @throws PipelineError ROWS_LOST when the part held another count of rows than it is known to, and when
 * the table did not take all of them.
 */
export async function copyPart(
  session: Session,
  table: string,
  { datasetId, columns, partNumber, rowCount, chunks }: CopiedPart,
  withPositions: boolean,
): Promise<void> {
  const names = columns.map(({ name }) => quoteColumn(name))
  const list = withPositions ? [POSITION_COLUMN, ...names] : names
  const part = copyBinary({ columns, chunks, partNumber: withPositions ? partNumber : undefined })
  const copied = await sendCopy(
    session,
    `COPY ${table} (${list.join(', ')}) FROM STDIN (FORMAT binary)`,
    part,
  )
  if (part.rowCount() !== rowCount) {
    throw new PipelineError('ROWS_LOST', `A part of ${rowCount} rows held ${part.rowCount()}`, {
      remedy: 'Claimcheck reads the part again; if it persists, the part is damaged.',
      retryable: true,
      at: { datasetId, partNumber },
    })
  }
  if (copied !== rowCount) throw rowsLost(withPositions ? 'staging' : 'the table', rowCount, copied)
}
