import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import type { SourceFormat } from '../../activities/source-definition.ts'
import { parseMemberPath } from './member-path.ts'
import type { PipelineFile } from './pipeline-schema.ts'
import { toUpstreams } from './after-schema.ts'
import { toRetention } from './retention-schema.ts'
import { toSchedule } from './schedule-schema.ts'
import { toSource } from './to-source.ts'
import { toTarget } from './to-target.ts'

/** What a run is told of a file. Columns come in the order of `columnNames`, the file's. */
export function toDefinition(
  file: PipelineFile,
  columnNames: readonly string[],
): PipelineDefinition {
  const { source, target, limits, schema, transform, checks, incremental, description } = file
  const definedSource = toSource(source)
  return {
    name: file.name,
    ...(description === undefined ? {} : { description }),
    source: definedSource,
    columns: columnNames.flatMap((name) => {
      const column = file.columns[name]
      if (column === undefined) return []
      const { type, from = name, key } = column
      return [
        {
          name,
          type,
          from,
          key,
          ...toPath(definedSource.format, from),
          ...toDefault(column.default),
          ...(column.description === undefined ? {} : { description: column.description }),
        },
      ]
    }),
    onReject: { max: file.on_reject.max },
    ...(schema === undefined ? {} : { schema }),
    ...(transform === undefined ? {} : { transform }),
    ...(checks === undefined ? {} : { checks }),
    ...(incremental === undefined ? {} : { incremental }),
    target: toTarget(target),
    ...(file.schedule === undefined ? {} : { schedule: toSchedule(file.schedule) }),
    ...(file.after === undefined ? {} : { after: toUpstreams(file.after) }),
    ...(file.retention === undefined ? {} : { retention: toRetention(file.retention) }),
    ...(file.on_item_failure === undefined ? {} : { onItemFailure: file.on_item_failure }),
    limits: {
      batchBytes: limits.batch_bytes,
      pageBytes: limits.page_bytes,
      batchesInFlight: limits.batches_in_flight,
      attempts: limits.attempts,
      ...(limits.max_pages === undefined ? {} : { maxPages: limits.max_pages }),
      ...(limits.items_in_flight === undefined ? {} : { itemsInFlight: limits.items_in_flight }),
    },
  }
}

/** CSV has no members inside members: there a name is a name. */
function toPath(format: SourceFormat, from: string): { path?: readonly string[] } {
  if (format === 'csv' || !from.startsWith('$.')) return {}
  const path = parseMemberPath(from)
  return 'value' in path ? { path: path.value } : {}
}

function toDefault(value: string | undefined): { default?: string } {
  return value === undefined ? {} : { default: value }
}
