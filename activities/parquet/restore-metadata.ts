import { chunkField, columnField, fileField, groupField } from './parquet-footer.ts'
import {
  elementField,
  isLeaf,
  logical,
  type LeafForm,
  type NeutralSchema,
} from './parquet-schema.ts'
import { ThriftStruct, thriftType } from './thrift.ts'

const annotations = [
  elementField.converted,
  elementField.scale,
  elementField.precision,
  elementField.logical,
]
/** Forms that DuckDB was shown without what the file says of them. */
const hidden: ReadonlySet<LeafForm['kind']> = new Set([
  'unchecked-text',
  'timestamp',
  'time',
  'wide-decimal',
])

/**
 * The metadata of a file that DuckDB wrote from one with a neutral schema, with the names and
 * annotations of the original: the values are still what they were, and so is what they mean.
 */
export function restoreMetadata(
  metadata: ThriftStruct,
  original: readonly ThriftStruct[],
  schema: NeutralSchema,
): ThriftStruct {
  const written = metadata.structs(fileField.schema)
  const groups = metadata.structs(fileField.rowGroups).map((group) => {
    const chunks = group.structs(groupField.columns).map((chunk) => {
      const column = (chunk.struct(chunkField.metadata) ?? new ThriftStruct()).clone()
      // Statistics are in the order of what DuckDB was shown.
      column.keep((id) => id !== columnField.statistics)
      const path = column.texts(columnField.path).map((name) => originalName(name, schema))
      const elements = path.map((name) => Buffer.from(name))
      const value = { elementType: thriftType.binary, elements }
      column.fields.set(columnField.path, { type: thriftType.list, value })
      return chunk.clone().setStruct(chunkField.metadata, column)
    })
    return group.clone().setStructs(groupField.columns, chunks)
  })
  return metadata
    .clone()
    .setStructs(fileField.schema, restoreElements(written, original, schema))
    .setStructs(fileField.rowGroups, groups)
}

function originalName(name: string, { names }: NeutralSchema): string {
  const [, index] = /^[ekv](\d+)$/.exec(name) ?? []
  return index === undefined ? name : (names[Number(index)] ?? name)
}

function restoreElements(
  written: readonly ThriftStruct[],
  original: readonly ThriftStruct[],
  schema: NeutralSchema,
): ThriftStruct[] {
  const originalLeaves = original.filter(isLeaf)
  let leaf = 0
  return written.map((element) => {
    const restored = element.clone()
    const name = element.text(elementField.name) ?? ''
    restored.setText(elementField.name, originalName(name, schema))
    if (!isLeaf(element)) return restored
    const form = schema.leaves[leaf]
    const meaning = originalLeaves[leaf]
    leaf += 1
    if (form?.kind === 'int96') return asNanoseconds(restored)
    if (form === undefined || meaning === undefined || !hidden.has(form.kind)) return restored
    for (const id of annotations) {
      const field = meaning.fields.get(id)
      if (field === undefined) restored.fields.delete(id)
      else restored.fields.set(id, field)
    }
    return restored
  })
}

/** A moment without a zone, as 64-bit integers of nanoseconds. */
function asNanoseconds(element: ThriftStruct): ThriftStruct {
  element.keep((id) => !annotations.some((annotation) => annotation === id))
  const nanos = new ThriftStruct().setStruct(3, new ThriftStruct())
  const timestamp = new ThriftStruct().setStruct(2, nanos)
  timestamp.fields.set(1, { type: thriftType.false, value: false })
  const type = new ThriftStruct().setStruct(logical.timestamp, timestamp)
  return element.setStruct(elementField.logical, type)
}
