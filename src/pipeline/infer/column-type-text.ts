import type { ColumnType } from '../../../activities/pipeline-definition.ts'

/** A type as a pipeline file writes it. */
export function columnTypeText(type: ColumnType): string {
  if (type.kind === 'array') return `${columnTypeText(type.element)}[]`
  return type.kind === 'numeric' ? `numeric(${type.precision}, ${type.scale})` : type.kind
}
