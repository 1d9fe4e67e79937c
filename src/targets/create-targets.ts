import type { LoadTarget } from '../../activities/load-target.ts'
import type { TargetDefinition } from '../../activities/pipeline-definition.ts'
import { PipelineError } from '../../activities/pipeline-error.ts'

/** Each kind of target; what a method is called with says which. */
export type TargetsByKind = {
  readonly [Kind in TargetDefinition['kind']]: LoadTarget<
    Extract<TargetDefinition, { readonly kind: Kind }>
  >
}

/** The targets of pipelines, whichever kind each names. */
export function createTargets(targets: TargetsByKind): LoadTarget {
  const of = ({ target }: { readonly target: TargetDefinition }): LoadTarget => targets[target.kind]
  return {
    check: (request) => of(request).check(request),
    takesUnstaged: async (request) => (await of(request).takesUnstaged?.(request)) === true,
    stagePart: (request) => of(request).stagePart(request),
    publish: (request) => of(request).publish(request),
    async plan(request) {
      const target = of(request)
      if (target.plan !== undefined) return target.plan(request)
      throw new PipelineError('PLAN_UNSUPPORTED', 'Targets of this kind plan no loads', {
        remedy: 'Load without a plan.',
      })
    },
    isPublished: (request) => of(request).isPublished(request),
    coveredSlices: (request) => of(request).coveredSlices(request),
    highWaterMark: (request) => of(request).highWaterMark(request),
    evolvedColumns: (request) => of(request).evolvedColumns(request),
    discard: (request) => of(request).discard(request),
    async close() {
      await Promise.all(Object.values(targets).map((target) => target.close()))
    },
  }
}
