import type { z } from 'zod'
import { isJsonType, unorderedKinds } from '../../activities/pipeline-definition.ts'
import type { columnsSchema } from './columns-schema.ts'
import type { incrementalSchema } from './incremental-schema.ts'
import { suggestion } from './suggestion.ts'
import type { targetSchema } from './target-schema.ts'

type Target = z.output<typeof targetSchema>
type PostgresTarget = Extract<Target, { kind: 'postgres' }>

interface TargetInput {
  readonly target: Target
  readonly columns: z.output<typeof columnsSchema>
  readonly incremental: z.output<typeof incrementalSchema> | undefined
  readonly maxRejects: number
  readonly isTransformed: boolean
}

interface Problem {
  readonly path: string[]
  readonly problem: string
}

/** Columns that a load itself writes, by what asks for them. */
function ownNames(target: Target): string[] {
  if (target.kind === 'parquet') return []
  return [
    ...(target.lineage === true ? ['_dataset_id', '_part_number'] : []),
    ...(target.on_missing === 'mark' ? ['_deleted_at'] : []),
    ...(target.mode === 'history' ? ['valid_from', 'valid_to'] : []),
  ]
}

/** What keeps rows from going where the file says in the way that it says. */
export function targetProblems(input: TargetInput): Problem[] {
  const { target, columns, incremental } = input
  const problems = ownNames(target)
    .filter((name) => name in columns)
    .map((name) => ({
      path: ['columns', name],
      problem: 'is a column that the load itself writes',
    }))
  if (incremental !== undefined && takesAway(target)) {
    problems.push({
      path: ['incremental'],
      problem: `brings what is new only, and the target takes away what does not come`,
    })
  }
  if (target.kind === 'postgres') problems.push(...postgresProblems(input, target))
  else {
    if (incremental !== undefined) {
      problems.push({ path: ['incremental'], problem: 'is for tables, which keep the mark' })
    }
    problems.push(
      ...(target.partition_by ?? []).flatMap((name) =>
        columnProblem(input, ['partition_by'], name),
      ),
    )
  }
  return problems
}

/** Whether what is not in the dataset goes. */
function takesAway(target: Target): boolean {
  if (target.mode === 'replace' || target.mode === 'replace-interval') return true
  return target.kind === 'postgres' && (target.on_missing ?? 'keep') !== 'keep'
}

function postgresProblems(input: TargetInput, target: PostgresTarget): Problem[] {
  const { columns, maxRejects } = input
  const { mode, order_by: orderBy, on_missing: onMissing = 'keep' } = target
  const problems: Problem[] = []
  const report = (key: string, problem: string) => problems.push({ path: ['target', key], problem })
  const hasKey = Object.values(columns).some(({ key }) => key)
  if (!hasKey && (mode === 'merge' || mode === 'history')) {
    const article = mode === 'merge' ? 'a merge' : 'a history'
    problems.push({
      path: ['columns'],
      problem: `${article} needs a key: mark at least one column with key: true`,
    })
  }
  if (orderBy !== undefined) {
    if (!hasKey) report('order_by', 'is among rows of one key, and no column is part of a key')
    problems.push(...columnProblem(input, ['order_by'], orderBy))
    const type = columns[orderBy]?.type
    if (type !== undefined && (unorderedKinds.has(type.kind) || isJsonType(type))) {
      report('order_by', `is of type ${type.kind}, whose values have no order`)
    }
  }
  if (onMissing !== 'keep') {
    if (mode !== 'merge' && mode !== 'history') report('on_missing', 'is for merge and history')
    if (mode === 'history' && onMissing === 'mark') {
      report('on_missing', 'mark is for merge: history ends the validity of rows that are missing')
    }
    if (maxRejects > 0) {
      report(
        'on_missing',
        'takes rows away whose records were set aside: on_reject.max has to be 0',
      )
    }
  }
  if (mode !== 'replace-interval') {
    if (target.interval_column !== undefined) report('interval_column', 'is for replace-interval')
  } else if (target.interval_column === undefined) {
    report('mode', 'replace-interval needs an interval_column, which says which slice a row is of')
  } else {
    problems.push(...columnProblem(input, ['interval_column'], target.interval_column))
    const kind = columns[target.interval_column]?.type.kind
    if (kind !== undefined && !['date', 'timestamp', 'timestamptz'].includes(kind)) {
      report('interval_column', `is of type ${kind}, not a date, timestamp or timestamptz`)
    }
  }
  return problems
}

/** What a transform makes of the columns is known when the run begins. */
function columnProblem(
  { columns, isTransformed }: TargetInput,
  path: string[],
  name: string,
): Problem[] {
  if (isTransformed || name in columns) return []
  const problem = `there is no column ${name}${suggestion(name, Object.keys(columns))}`
  return [{ path: ['target', ...path], problem }]
}
