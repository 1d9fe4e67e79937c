import { basename } from 'node:path'
import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import { deepFreeze } from './deep-freeze.ts'
import { describeIssue } from './describe-issue.ts'
import { invalidPipeline, type PipelineProblem } from './pipeline-problem.ts'
import { pipelineSchema } from './pipeline-schema.ts'
import { toDefinition } from './to-definition.ts'
import { parseYamlTree, type YamlTree } from './yaml-tree.ts'

/**
 * Reads a pipeline file: a frozen definition, defaults filled in, columns in the file's order.
 * @param fileName names the file in errors; a `.yaml` or `.yml` file is called like its pipeline.
 * @throws CommandError PIPELINE_INVALID, with every problem on a line of its own.
 */
export function parsePipelineFile(text: string, fileName: string): PipelineDefinition {
  const { tree, problems } = parseYamlTree(text)
  if (tree === undefined) throw invalidPipeline(fileName, problems)
  const parsed = pipelineSchema.safeParse(tree.value, { reportInput: true })
  if (!parsed.success) {
    problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(tree, issue)))
  }
  problems.push(...nameProblems(tree, fileName))
  if (!parsed.success || problems.length > 0) throw invalidPipeline(fileName, problems)
  return deepFreeze(toDefinition(parsed.data, tree.keys(['columns'])))
}

function nameProblems(tree: YamlTree, fileName: string): PipelineProblem[] {
  const expected = /^(.+)\.ya?ml$/.exec(basename(fileName))?.[1]
  const name = tree.text(['name'])
  if (expected === undefined || name === '' || name === expected) return []
  return [tree.problem(['name'], `is ${name}, and the file is called ${basename(fileName)}`)]
}
