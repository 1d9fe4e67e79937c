import { escapeLiteral } from 'pg'
import type { PublishRequest } from './postgres-requests.ts'
import { ROWS_PER_PART } from './staging-table.ts'

/** What a load writes into a column of its own, as SQL. */
export interface OwnValue {
  /** A name that needs no quotes. */
  readonly column: string
  readonly value: string
}

export type OwnValues = ReturnType<typeof ownValues>

/** The end of the slice: since when the rows of a load are valid, as SQL. */
export function sliceEnd({ interval }: Pick<PublishRequest, 'interval'>): string {
  return `${escapeLiteral(interval.end)}::timestamptz`
}

/** What a load writes into the columns of `ownColumns`; `position` is the staged row's, as SQL. */
export function ownValues(request: Pick<PublishRequest, 'datasetId' | 'target' | 'interval'>) {
  const { datasetId, target } = request
  const origin = (position: string): OwnValue[] =>
    target.lineage === true
      ? [
          { column: '_dataset_id', value: `${escapeLiteral(datasetId)}::uuid` },
          { column: '_part_number', value: `(${position} / ${ROWS_PER_PART})::integer` },
        ]
      : []
  return {
    inserted: (position: string): OwnValue[] => [
      ...(target.mode === 'history'
        ? [{ column: 'valid_from', value: sliceEnd(request) }, nothingIn('valid_to')]
        : []),
      ...(target.onMissing === 'mark' ? [nothingIn('_deleted_at')] : []),
      ...origin(position),
    ],
    updated: (position: string): OwnValue[] => [
      ...(target.onMissing === 'mark' ? [nothingIn('_deleted_at')] : []),
      ...origin(position),
    ],
  }
}

/** Written, since the column may have a default. */
function nothingIn(column: string): OwnValue {
  return { column, value: 'NULL::timestamptz' }
}
