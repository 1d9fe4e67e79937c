import { DuckDBListType, DuckDBStructType, type DuckDBType } from '@duckdb/node-api'
import { neutralName, type LeafForm, type NeutralSchema } from './parquet-schema.ts'

/** What values look like to DuckDB, with what the file says of them. */
export type ValueShape =
  | { readonly kind: 'leaf'; readonly form: LeafForm; readonly type: string }
  | { readonly kind: 'list'; readonly element: ValueShape }
  | { readonly kind: 'map'; readonly key: ShapeMember; readonly value: ShapeMember }
  | StructShape

export interface StructShape {
  readonly kind: 'struct'
  readonly members: readonly ShapeMember[]
}

export interface ShapeMember {
  /** In the file. */
  readonly name: string
  /** To DuckDB. */
  readonly column: string
  readonly shape: ValueShape
}

/** The shape of a file's records, from what DuckDB makes of its neutral schema. */
export function recordShape(
  columnNames: readonly string[],
  columnTypes: readonly DuckDBType[],
  schema: NeutralSchema,
): StructShape {
  const leaves = schema.leaves.values()
  const members = columnNames.flatMap((column, index) => {
    const type = columnTypes[index]
    return type === undefined ? [] : [memberOf(column, type, schema, leaves)]
  })
  return { kind: 'struct', members }
}

function memberOf(
  column: string,
  type: DuckDBType,
  schema: NeutralSchema,
  leaves: Iterator<LeafForm>,
): ShapeMember {
  const name = schema.names[Number(column.slice(1))] ?? column
  return { name, column, shape: shapeOf(type, schema, leaves) }
}

/** DuckDB's leaves stand in the order of the file's. */
function shapeOf(type: DuckDBType, schema: NeutralSchema, leaves: Iterator<LeafForm>): ValueShape {
  if (type instanceof DuckDBListType) {
    const element = shapeOf(type.valueType, schema, leaves)
    if (element.kind !== 'struct') return { kind: 'list', element }
    const [key, value] = element.members
    const isMap = key?.column.startsWith(neutralName.mapKey) === true
    if (isMap && value !== undefined) return { kind: 'map', key, value }
    return { kind: 'list', element }
  }
  if (type instanceof DuckDBStructType) {
    const members = type.entryNames.flatMap((column, index) => {
      const entry = type.entryTypes[index]
      return entry === undefined ? [] : [memberOf(column, entry, schema, leaves)]
    })
    return { kind: 'struct', members }
  }
  const form = leaves.next().value ?? { kind: 'plain' }
  return { kind: 'leaf', form, type: type.toString() }
}

export interface FoundShape {
  /** Members that lead to the value, to DuckDB. */
  readonly columns: readonly string[]
  readonly shape: ValueShape
  /** Whether another value is called the same. */
  readonly isAmbiguous: boolean
}

/** The value at a path, names compared with their case; undefined where there is none. */
export function findShape(record: StructShape, path: readonly string[]): FoundShape | undefined {
  const columns: string[] = []
  let shape: ValueShape = record
  let isAmbiguous = false
  for (const name of path) {
    if (shape.kind !== 'struct') return undefined
    const [member, twin]: readonly ShapeMember[] = shape.members.filter(
      (other) => other.name === name,
    )
    if (member === undefined) return undefined
    isAmbiguous ||= twin !== undefined
    columns.push(member.column)
    shape = member.shape
  }
  return { columns, shape, isAmbiguous }
}

/** Whether a value has parts of this form. */
export function hasLeaf(shape: ValueShape, kind: LeafForm['kind']): boolean {
  switch (shape.kind) {
    case 'leaf':
      return shape.form.kind === kind
    case 'list':
      return hasLeaf(shape.element, kind)
    case 'map':
      return [shape.key, shape.value].some((member) => hasLeaf(member.shape, kind))
    case 'struct':
      return shape.members.some((member) => hasLeaf(member.shape, kind))
  }
}
