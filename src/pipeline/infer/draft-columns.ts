import type { ColumnType } from '../../../activities/pipeline-definition.ts'
import { parseMemberPath } from '../member-path.ts'
import { chooseType } from './choose-type.ts'
import { chooseColumnName } from './choose-column-name.ts'
import type { FieldSightings } from './field-sightings.ts'
import type { RecordSightings } from './record-sightings.ts'

/** A field of the source: a column, or skipped. */
export type DraftColumn = {
  /** The field's name at the source, or its path there. */
  readonly from: string
  readonly field: FieldSightings
  /** What a person should know, in one line without data. */
  readonly note?: string | undefined
} & (
  | {
      readonly kind: 'column'
      readonly name: string
      readonly type: ColumnType
      readonly key: boolean
    }
  | { readonly kind: 'skipped' }
)

/**
 * A column for each field that was seen, and in place of one for objects of one shape a column for each
 * of their members. The first that can tell records apart is the key, one of a record itself before
 * one of an object in it.
 */
export function draftColumns(sightings: RecordSightings): DraftColumn[] {
  const names = new Set<string>()
  const columns = fieldsOf(sightings, []).map(({ path, field }): DraftColumn => {
    const from = path.length === 1 ? field.name : pathText(path)
    const { type, note } = chooseType(field)
    if (type === undefined) return { kind: 'skipped', from, field, note }
    const name = sightings.unreadable.has(from) ? undefined : chooseColumnName(path, names)
    if (name === undefined) {
      return { kind: 'skipped', from, field, note: 'skipped: no column can be read from that name' }
    }
    return { kind: 'column', from, name, type, key: false, field, note }
  })
  const candidates = columns.filter((column) => canBeKey(column, sightings.records))
  const key = candidates.find(({ from, field }) => from === field.name) ?? candidates[0]
  return columns.map((column) => (column === key ? { ...column, key: true } : column))
}

interface FoundField {
  /** Its name, and before it those of the objects that it stands in. */
  readonly path: readonly string[]
  readonly field: FieldSightings
}

function fieldsOf(sightings: RecordSightings, outer: readonly string[]): FoundField[] {
  return sightings.fields.flatMap((field) => {
    const path = [...outer, field.name]
    const members = sightings.membersOf(field)
    return members !== undefined && areColumns(members, path, sightings.records)
      ? fieldsOf(members, path)
      : [{ path, field }]
  })
}

/** Whether every record has an object there, of members that can be columns without a loss. */
function areColumns(
  { fields, records, hasMoreFields }: RecordSightings,
  path: readonly string[],
  allRecords: number,
): boolean {
  return (
    records === allRecords &&
    fields.length > 0 &&
    !hasMoreFields &&
    fields.every(
      (member) =>
        // Names that most objects lack may be data: one column for each would never end.
        member.present * 2 >= records &&
        chooseType(member).type !== undefined &&
        canBePath([...path, member.name]),
    )
  )
}

function pathText(path: readonly string[]): string {
  return ['$', ...path].join('.')
}

function canBePath(path: readonly string[]): boolean {
  const parsed = parseMemberPath(pathText(path))
  return 'value' in parsed && parsed.value.length === path.length
}

/** Never null, no value twice, and of a type that is compared exactly. */
function canBeKey(column: DraftColumn, records: number): boolean {
  if (column.kind === 'skipped') return false
  const { field, type } = column
  if (type.kind === 'boolean' || type.kind === 'double' || type.kind === 'jsonb') return false
  // As text 10:00 and 10:00:00 are two; and no time of day is one record's for long.
  if (type.kind === 'time') return false
  if (type.kind === 'numeric' && type.scale > 0) return false
  return field.isUnique && field.withNul === 0 && field.values === records
}
