import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'

/** A column that loads write themselves, beside those that the pipeline declares. */
export interface OwnColumn {
  readonly name: string
  /** As PostgreSQL itself writes it (`format_type`). */
  readonly type: string
  readonly notNull: boolean
  /** Whether loads write NULL into it. */
  readonly writesNull: boolean
}

/** The columns of a table that its loads write by themselves, in the order that a new table has them. */
export function ownColumns({
  mode,
  onMissing,
  lineage,
}: PostgresTargetDefinition): readonly OwnColumn[] {
  const validity: OwnColumn[] = [
    { name: 'valid_from', type: 'timestamp with time zone', notNull: true, writesNull: false },
    { name: 'valid_to', type: 'timestamp with time zone', notNull: false, writesNull: true },
  ]
  const mark: OwnColumn[] = [
    { name: '_deleted_at', type: 'timestamp with time zone', notNull: false, writesNull: true },
  ]
  const origin: OwnColumn[] = [
    { name: '_dataset_id', type: 'uuid', notNull: false, writesNull: false },
    { name: '_part_number', type: 'integer', notNull: false, writesNull: false },
  ]
  return [
    ...(mode === 'history' ? validity : []),
    ...(onMissing === 'mark' ? mark : []),
    ...(lineage === true ? origin : []),
  ]
}
