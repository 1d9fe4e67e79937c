import type { Reprocessing } from '../load-input.ts'
import type { CheckRequest } from '../load-target.ts'
import type { PipelineDefinition } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'

/**
 * What the check of a target is told beside the load itself. What goes elsewhere once says nothing of where
 * the pipeline loads to, and so its definition is not noted.
 *
 * @throws PipelineError PLAN_UNSUPPORTED
 */
export function checkOptions(
  definition: PipelineDefinition,
  reprocessing: Reprocessing | undefined,
): Pick<CheckRequest, 'definition' | 'planOnly'> {
  const { elsewhere = false, plan = false } = reprocessing ?? {}
  if (plan && definition.target.kind !== 'postgres') {
    throw new PipelineError(
      'PLAN_UNSUPPORTED',
      'what a load would change is known of tables only, and the target is a prefix of files',
      {
        at: { pipeline: definition.name },
        remedy:
          'Leave `--plan` out: files are switched to by a manifest, and those of the load before can be loaded again.',
      },
    )
  }
  return { planOnly: plan, ...(elsewhere ? {} : { definition }) }
}
