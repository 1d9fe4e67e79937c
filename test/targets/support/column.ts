import type {
  ColumnDefinition,
  ColumnType,
  plainColumnKinds,
} from '../../../activities/pipeline-definition.ts'

/** A declared column, e.g. `column('id', 'bigint', 'key')`. */
export function column(
  name: string,
  type: (typeof plainColumnKinds)[number] | ColumnType,
  key?: 'key',
): ColumnDefinition {
  return {
    name,
    type: typeof type === 'string' ? { kind: type } : type,
    from: name,
    key: key === 'key',
  }
}
