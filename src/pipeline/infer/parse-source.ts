import type { PipelineDefinition } from '../../../activities/pipeline-definition.ts'
import { deepFreeze } from '../deep-freeze.ts'
import { describeIssue } from '../describe-issue.ts'
import { invalidPipeline } from '../pipeline-problem.ts'
import { pipelineSchema } from '../pipeline-schema.ts'
import { toDefinition } from '../to-definition.ts'
import { parseYamlTree } from '../yaml-tree.ts'

/** What is needed of a pipeline to look at its source. */
export type SourceOfPipeline = Pick<PipelineDefinition, 'source' | 'limits'>

/** Stand in for what a file that is being written may not have yet. */
const UNWRITTEN = {
  name: 'unnamed',
  columns: { id: { type: 'text', key: true } },
  target: { kind: 'postgres', table: 'unnamed', mode: 'merge' },
}

/**
 * Reads `source` and `limits` of a pipeline file, whatever the rest of it is.
 * @throws CommandError PIPELINE_INVALID, with every problem of these two.
 */
export function parseSource(text: string, fileName: string): SourceOfPipeline {
  const { tree, problems } = parseYamlTree(text)
  if (tree === undefined) throw invalidPipeline(fileName, problems)
  const { source, limits } = entriesOf(tree.value)
  const parsed = pipelineSchema.safeParse(
    { ...UNWRITTEN, source, ...(limits === undefined ? {} : { limits }) },
    { reportInput: true },
  )
  if (!parsed.success) {
    problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(tree, issue)))
  }
  const relevant = problems.filter(({ path }) => path[0] === 'source' || path[0] === 'limits')
  if (!parsed.success || relevant.length > 0) {
    throw invalidPipeline(fileName, relevant.length > 0 ? relevant : problems)
  }
  const definition = toDefinition(parsed.data, Object.keys(UNWRITTEN.columns))
  return deepFreeze({ source: definition.source, limits: definition.limits })
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
