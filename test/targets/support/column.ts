import type { ColumnDefinition, ColumnType } from '../../../activities/pipeline-definition.ts'

/** A declared column, e.g. `column('id', 'bigint', 'key')`. */
export function column(
  name: string,
  type: Exclude<ColumnType['kind'], 'numeric'> | ColumnType,
  key?: 'key',
): ColumnDefinition {
  return {
    name,
    type: typeof type === 'string' ? { kind: type } : type,
    from: name,
    key: key === 'key',
  }
}
