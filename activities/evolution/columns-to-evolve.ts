import type { ActivityPorts } from '../activity-ports.ts'
import { isSqlName } from '../conversion/sql-text.ts'
import type { DatasetId } from '../load-target.ts'
import { readPinnedRun } from '../pinned-run.ts'
import type { ColumnDefinition, ColumnType, PipelineDefinition } from '../pipeline-definition.ts'
import { checkEvolvedCount } from './evolved-count.ts'
import { evolvedName, foldedName } from './evolved-name.ts'
import { joinTypes } from './join-types.ts'
import { readNotedFields } from './noted-fields.ts'

export interface EvolvingRun {
  readonly definition: PipelineDefinition
  readonly partition: string
  readonly fromLandingOf?: DatasetId | undefined
}

/**
 * The columns that a run of `schema: evolve` has beside those that are declared: the ones that earlier
 * loads have brought into the target, and those that the dataset whose landing it is made from again had,
 * or has noted. Undefined where there are none.
 *
 * @throws PipelineError SCHEMA_CHANGED where they are too many
 */
export async function columnsToEvolve(
  { store, target }: Pick<ActivityPorts, 'store' | 'target'>,
  { definition, partition, fromLandingOf }: EvolvingRun,
  signal: AbortSignal,
): Promise<readonly ColumnDefinition[] | undefined> {
  if (definition.schema !== 'evolve') return undefined
  const { name: pipeline, columns, target: loaded } = definition
  const found = [...(await target.evolvedColumns({ target: loaded, columns, pipeline, signal }))]
  const fields: { readonly from: string; readonly type: ColumnType }[] = [...found]
  if (fromLandingOf !== undefined) {
    const dataset = { pipeline, partition, datasetId: fromLandingOf }
    const { evolved = [] } = await readPinnedRun(store, dataset, { signal })
    found.push(...evolved)
    fields.push(...evolved, ...(await readNotedFields(store, dataset, { signal })))
  }
  const types = new Map<string, ColumnType>()
  for (const { from, type } of fields) types.set(from, joinTypes(types.get(from) ?? type, type))
  for (const { from, path } of columns) types.delete(path?.[0] ?? from)
  const evolved = nameColumns(columns, found, types)
  checkEvolvedCount(evolved)
  return evolved.length === 0 ? undefined : evolved
}

/** Columns that are there keep their names, unless a declared one has come to be called so. */
function nameColumns(
  declared: readonly ColumnDefinition[],
  found: readonly ColumnDefinition[],
  types: ReadonlyMap<string, ColumnType>,
): ColumnDefinition[] {
  const taken = new Set(declared.map(({ name }) => foldedName(name)))
  const names = new Map<string, string>()
  for (const { from, name } of found) {
    if (names.has(from) || !types.has(from) || taken.has(foldedName(name))) continue
    names.set(from, name)
    taken.add(foldedName(name))
  }
  return [...types.keys()].toSorted().flatMap((from): ColumnDefinition[] => {
    const type = types.get(from)
    if (type === undefined) return []
    const name = names.get(from) ?? evolvedName(from, taken)
    taken.add(foldedName(name))
    // What SQL cannot name is read from the bytes of the record.
    const path = isSqlName(from) ? {} : { path: [from] }
    return [{ name, type, from, key: false, ...path }]
  })
}
