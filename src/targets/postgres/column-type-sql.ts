import type { ColumnType } from '../../../activities/pipeline-definition.ts'

/** The declared type as PostgreSQL itself writes it (`format_type`), so that the two compare. */
export function columnTypeSql(type: ColumnType): string {
  switch (type.kind) {
    case 'numeric':
      return `numeric(${type.precision},${type.scale})`
    case 'double':
      return 'double precision'
    case 'time':
      return 'time without time zone'
    case 'timestamp':
      return 'timestamp without time zone'
    case 'timestamptz':
      return 'timestamp with time zone'
    case 'array':
      return `${columnTypeSql(type.element)}[]`
    // The others are named alike.
    default:
      return type.kind
  }
}
