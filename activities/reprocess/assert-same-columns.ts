import { isDeepStrictEqual } from 'node:util'
import type { ColumnDefinition, ColumnType } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'

/**
 * Refuses parts whose columns are not those that the pipeline makes now: what is in a part is what it was
 * converted to. Their order does not matter, and neither do keys and comments, which parts do not hold.
 *
 * @param made Of the parts.
 * @param wanted Of the pipeline, as its table is to have them.
 * @throws PipelineError PARTS_OUTGROWN that lists every difference
 */
export function assertSameColumns(
  made: readonly ColumnDefinition[],
  wanted: readonly ColumnDefinition[],
  at: Readonly<Record<string, string>>,
): void {
  const differences = differencesOf(made, wanted)
  if (differences.length === 0) return
  throw new PipelineError(
    'PARTS_OUTGROWN',
    `the parts have other columns than the pipeline declares now: ${differences.join('; ')}`,
    {
      at,
      remedy:
        'Convert what was landed anew: `claimcheck reprocess` with `--from landing`. Or declare the columns as they were.',
    },
  )
}

function differencesOf(
  made: readonly ColumnDefinition[],
  wanted: readonly ColumnDefinition[],
): string[] {
  const before = new Map(made.map(({ name, type }) => [name, type]))
  const after = new Map(wanted.map(({ name, type }) => [name, type]))
  return [
    ...[...after].flatMap(([name, type]) => {
      const partType = before.get(name)
      if (partType === undefined) return `${quoted(name)} (${typeName(type)}) is not in the parts`
      if (isDeepStrictEqual(partType, type)) return []
      return `${quoted(name)} is ${typeName(partType)} in the parts and ${typeName(type)} now`
    }),
    ...[...before].flatMap(([name, type]) =>
      after.has(name) ? [] : `${quoted(name)} (${typeName(type)}) is in the parts only`,
    ),
  ]
}

function quoted(name: string): string {
  return JSON.stringify(name)
}

/** As pipeline files write it. */
function typeName(type: ColumnType): string {
  switch (type.kind) {
    case 'numeric':
      return `numeric(${type.precision},${type.scale})`
    case 'array':
      return `${typeName(type.element)}[]`
    default:
      return type.kind
  }
}
