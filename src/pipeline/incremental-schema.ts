import { z } from 'zod'
import { markKinds } from '../../activities/pipeline-definition.ts'
import type { columnsSchema } from './columns-schema.ts'
import { defaultProblem } from './default-problem.ts'
import type { sourceSchema } from './source-schema.ts'
import { sentText } from './source-text.ts'

/** Asks only for what has come since the last load. */
export const incrementalSchema = z.strictObject({
  column: z.string().min(1, 'is empty').meta({ description: 'Its greatest value is the mark.' }),
  initial: sentText.meta({ description: 'The mark of the first load.' }),
})

/** What keeps a pipeline from asking for what is new only. */
export function incrementalProblems({
  incremental,
  source,
  columns,
  isTransformed,
}: {
  readonly incremental: z.output<typeof incrementalSchema> | undefined
  readonly source: z.output<typeof sourceSchema>
  readonly columns: z.output<typeof columnsSchema>
  readonly isTransformed: boolean
}): { path: string[]; problem: string }[] {
  const asks = JSON.stringify(source).includes('{high_water_mark}')
  if (incremental === undefined) {
    const problem = 'asks for {high_water_mark}, and nothing says whose: incremental is missing'
    return asks ? [{ path: ['source'], problem }] : []
  }
  const problems: { path: string[]; problem: string }[] = []
  if (!asks && source.kind !== 'module') {
    const problem = 'changes nothing: the source does not ask for {high_water_mark}'
    problems.push({ path: ['incremental'], problem })
  }
  // What a transform makes of the columns is known when the run begins.
  if (isTransformed) return problems
  const type = columns[incremental.column]?.type
  const path = ['incremental', 'column']
  if (type === undefined) problems.push({ path, problem: 'is not a declared column' })
  else if (!markKinds.has(type.kind)) {
    problems.push({ path, problem: `is of type ${type.kind}, whose values have no mark` })
  } else {
    const problem = defaultProblem(type, incremental.initial)
    if (problem !== undefined) problems.push({ path: ['incremental', 'initial'], problem })
  }
  return problems
}
