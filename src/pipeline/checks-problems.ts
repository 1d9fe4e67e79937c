import type { z } from 'zod'
import {
  isJsonType,
  unorderedKinds,
  type CheckDefinition,
} from '../../activities/pipeline-definition.ts'
import type { columnsSchema } from './columns-schema.ts'
import { defaultProblem } from './default-problem.ts'
import { suggestion } from './suggestion.ts'

type Columns = z.output<typeof columnsSchema>

interface Problem {
  readonly path: string[]
  readonly problem: string
}

/** What keeps the checks of a file from being made of its columns. */
export function checksProblems({
  checks = [],
  columns,
  isTransformed,
}: {
  readonly checks: readonly CheckDefinition[] | undefined
  readonly columns: Columns
  readonly isTransformed: boolean
}): Problem[] {
  // What a transform makes of the columns is known when the run begins.
  if (isTransformed) return []
  return checks.flatMap((check, index) =>
    problemsOf(check, columns).map(({ path, problem }) => ({
      path: ['checks', String(index), check.kind, ...path],
      problem,
    })),
  )
}

function problemsOf(check: CheckDefinition, columns: Columns): Problem[] {
  switch (check.kind) {
    case 'not_null':
    case 'unique':
      return check.columns.flatMap((name) => {
        const type = columns[name]?.type
        if (type === undefined) return [{ path: [], problem: unknownColumn(name, columns) }]
        if (check.kind === 'not_null' || !isJsonType(type)) return []
        return [{ path: [], problem: `${name} holds JSON, which PostgreSQL does not compare so` }]
      })
    case 'range': {
      const path = ['column']
      const type = columns[check.column]?.type
      if (type === undefined) return [{ path, problem: unknownColumn(check.column, columns) }]
      if (unorderedKinds.has(type.kind)) {
        return [{ path, problem: `is of type ${type.kind}, which has no range` }]
      }
      return (['min', 'max'] as const).flatMap((end) => {
        const bound = check[end]
        const problem = bound === undefined ? undefined : defaultProblem(type, bound)
        return problem === undefined ? [] : [{ path: [end], problem }]
      })
    }
    case 'row_count':
    case 'sql':
      return []
  }
}

function unknownColumn(name: string, columns: Columns): string {
  return `there is no column ${name}${suggestion(name, Object.keys(columns))}`
}
