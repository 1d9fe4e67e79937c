import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import type { TargetRequest } from './parquet-requests.ts'
import { datasetColumn } from './target-layout.ts'

/** Types whose values every reader of Hive directories takes for the same. */
const directoryKinds: ReadonlySet<string> = new Set([
  'text',
  'smallint',
  'integer',
  'bigint',
  'boolean',
  'date',
])

/**
 * Checks that the columns can be files and directories.
 *
 * @returns those that are directories, in their order
 * @throws PipelineError TARGET_MISMATCH
 */
export function checkColumns({
  target,
  columns,
}: Pick<TargetRequest, 'target' | 'columns'>): readonly ColumnDefinition[] {
  const mismatch = (
    problem: string,
    remedy = 'Change `target.partition_by` or the columns.',
  ): PipelineError =>
    new PipelineError('TARGET_MISMATCH', problem, { at: { path: targetPlace(target) }, remedy })
  const seen = new Map<string, string>([[datasetColumn, datasetColumn]])
  for (const { name } of columns) {
    const lower = name.toLowerCase()
    const other = seen.get(lower)
    if (lower === datasetColumn) {
      throw mismatch(
        `column ${quoted(name)} has the name of the directory that each dataset is in`,
        `Declare the field as a column of another name: \`dataset: { type: text, from: ${name} }\`.`,
      )
    }
    // DuckDB and Spark see no difference.
    if (other !== undefined) {
      throw mismatch(`columns ${quoted(other)} and ${quoted(name)} differ in case alone`)
    }
    seen.set(lower, name)
  }
  const { partitionBy = [] } = target
  const directories = partitionBy.map((name) => {
    const column = columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw mismatch(`there is no column ${quoted(name)} to partition by`)
    if (!directoryKinds.has(column.type.kind)) {
      throw mismatch(
        `column ${quoted(name)} is of type ${column.type.kind}: directories are texts, integers, booleans or dates`,
      )
    }
    // Hive would escape the others, and what begins with _ is no data.
    if (!/^[\p{L}\p{N}][\p{L}\p{N}_ .-]*$/u.test(name)) {
      throw mismatch(`column ${quoted(name)} cannot be the name of a directory`)
    }
    return column
  })
  if (new Set(partitionBy).size < partitionBy.length) {
    throw mismatch('a column is twice in `target.partition_by`')
  }
  if (columns.length === partitionBy.length) {
    throw mismatch('no column is left for the files: all are directories')
  }
  return directories
}

function quoted(name: string): string {
  return JSON.stringify(name)
}
