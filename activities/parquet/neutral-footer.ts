import {
  chunkField,
  columnField,
  fileField,
  footerBytes,
  groupField,
  type ParquetFooter,
} from './parquet-footer.ts'
import type { NeutralSchema } from './parquet-schema.ts'
import { ThriftStruct } from './thrift.ts'

/** `ColumnMetaData` up to the sizes, and where the pages begin. */
const lastPlainField = columnField.compressedBytes
const fixedBytes = 7

/**
 * The end of a file as DuckDB is shown it: the neutral schema, and only what it takes to find the data.
 * Statistics stay out: writers have written wrong ones, and DuckDB believes them.
 */
export function neutralFooter(
  { metadata, rows }: Pick<ParquetFooter, 'metadata' | 'rows'>,
  { elements, leaves }: NeutralSchema,
): Buffer {
  const kept = new Set<number>([1, fileField.createdBy])
  const neutral = metadata.clone().keep((id) => kept.has(id))
  const groups = metadata.structs(fileField.rowGroups).map((group) => {
    const chunks = group.structs(groupField.columns).map((chunk, index) => {
      const column = (chunk.struct(chunkField.metadata) ?? new ThriftStruct()).clone()
      column.keep(
        (id) =>
          id <= lastPlainField ||
          id === columnField.dataOffset ||
          id === columnField.dictionaryOffset,
      )
      if (leaves[index]?.kind === 'int96') column.setInteger(columnField.type, fixedBytes)
      return chunk
        .clone()
        .keep((id) => id === chunkField.fileOffset)
        .setStruct(chunkField.metadata, column)
    })
    return group
      .clone()
      .keep((id) => id === groupField.bytes || id === groupField.rows)
      .setStructs(groupField.columns, chunks)
  })
  neutral.setInteger(fileField.rows, rows, 'int64')
  neutral.setStructs(fileField.schema, elements).setStructs(fileField.rowGroups, groups)
  return footerBytes(neutral)
}
