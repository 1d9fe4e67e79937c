import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import type { PipelineFile } from './pipeline-schema.ts'

/** What a run is told of a file. Columns come in the order of `columnNames`, the file's. */
export function toDefinition(
  file: PipelineFile,
  columnNames: readonly string[],
): PipelineDefinition {
  const { source, target, limits } = file
  return {
    name: file.name,
    source: { ...source, records: source.records ?? [] },
    columns: columnNames.flatMap((name) => {
      const column = file.columns[name]
      if (column === undefined) return []
      return [{ name, type: column.type, from: column.from ?? name, key: column.key }]
    }),
    onReject: { max: file.on_reject.max },
    target: { kind: target.kind, ...target.table, mode: target.mode },
    limits: {
      batchBytes: limits.batch_bytes,
      pageBytes: limits.page_bytes,
      batchesInFlight: limits.batches_in_flight,
      attempts: limits.attempts,
    },
  }
}
