import { partitionWorkflowId } from '../../workflows/partition-workflow-id.ts'
import { listPipelines } from '../pipeline/list-pipelines.ts'
import { parsePartition } from '../pipeline/partition.ts'
import type { RunsRequest } from './list-runs.ts'

export interface RunsWanted {
  readonly pipeline?: string | undefined
  /** The name of a time slice. */
  readonly partition?: string | undefined
  /** Of the pipeline, where one is named. @default 'UTC' */
  readonly timezone?: string | undefined
}

/**
 * What to ask for to list the runs of a pipeline, a partition, or both. Loads have static ids; other runs,
 * such as those that reprocess, are found by their search attributes.
 *
 * @param pipelines The names of all that are known, for a partition of any.
 * @throws CommandError PARTITION_INVALID
 */
function runsOf(
  { pipeline, partition, timezone }: RunsWanted,
  pipelines: readonly string[],
): Pick<RunsRequest, 'workflowIds' | 'idPrefixes' | 'subject'> {
  const slice = partition === undefined ? undefined : parsePartition(partition, timezone).name
  if (pipeline !== undefined && slice === undefined) {
    return { idPrefixes: [partitionWorkflowId(pipeline, '')], subject: { pipeline } }
  }
  if (slice === undefined) return {}
  const names = pipeline === undefined ? pipelines : [pipeline]
  return {
    workflowIds: names.map((name) => partitionWorkflowId(name, slice)),
    subject: { pipeline, partition: slice },
  }
}

/**
 * The same by the clock that the file of the pipeline says. One whose file is gone, or wrong, may have runs
 * all the same.
 *
 * @throws CommandError PARTITION_INVALID
 */
export async function findRunsOf(
  { pipeline, partition }: Pick<RunsWanted, 'pipeline' | 'partition'>,
  directories: readonly string[],
): Promise<ReturnType<typeof runsOf>> {
  const files = partition === undefined ? [] : await listPipelines(directories)
  const file = files.find(({ name }) => name === pipeline)
  const schedule = file?.kind === 'valid' ? file.definition.schedule : undefined
  const names = files.map(({ name }) => name)
  return runsOf({ pipeline, partition, timezone: schedule?.timezone }, names)
}
