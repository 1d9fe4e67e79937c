/** The static id of the load of a partition: whoever knows both can address it. */
export function partitionWorkflowId(pipeline: string, partition: string): string {
  return `etl/${pipeline}/${partition}`
}
