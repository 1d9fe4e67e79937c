import type { ColumnType } from '../../../activities/pipeline-definition.ts'
import { chooseType } from './choose-type.ts'
import { chooseColumnName } from './choose-column-name.ts'
import type { FieldSightings } from './field-sightings.ts'
import type { RecordSightings } from './record-sightings.ts'

/** A field of the source: a column, or skipped. */
export type DraftColumn = {
  /** The field's name at the source. */
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

/** A column for each field that was seen; the first that can tell records apart is the key. */
export function draftColumns(sightings: RecordSightings): DraftColumn[] {
  const names = new Set<string>()
  let hasKey = false
  return sightings.fields.map((field): DraftColumn => {
    const from = field.name
    const { type, note } = chooseType(field)
    if (type === undefined) return { kind: 'skipped', from, field, note }
    const name = sightings.unreadable.has(from) ? undefined : chooseColumnName(from, names)
    if (name === undefined) {
      return { kind: 'skipped', from, field, note: 'skipped: no column can be read from that name' }
    }
    const key = !hasKey && canBeKey(field, type, sightings.records)
    hasKey ||= key
    return { kind: 'column', from, name, type, key, field, note }
  })
}

/** Never null, no value twice, and of a type that is compared exactly. */
function canBeKey(field: FieldSightings, type: ColumnType, records: number): boolean {
  if (type.kind === 'boolean' || type.kind === 'double' || type.kind === 'jsonb') return false
  if (type.kind === 'numeric' && type.scale > 0) return false
  return field.isUnique && field.withNul === 0 && field.values === records
}
