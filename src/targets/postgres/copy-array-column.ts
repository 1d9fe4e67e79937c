import type { ScalarType } from '../../../activities/pipeline-definition.ts'
import type { CopyColumn } from './copy-column.ts'
import type { CopyWriter } from './copy-writer.ts'

/** From `pg_type`: the same on every server. */
const ELEMENT_OIDS: Readonly<Record<ScalarType['kind'], number>> = {
  boolean: 16,
  bytea: 17,
  bigint: 20,
  smallint: 21,
  integer: 23,
  text: 25,
  json: 114,
  double: 701,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
}

/** The length of the field, the count of dimensions, whether there are NULLs, and the element type. */
const HEAD_BYTES = 16
/** The count of elements and the index of the first. */
const DIMENSION_BYTES = 8

interface ListVector {
  readonly nulls: Uint8Array
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
  readonly elements: { readonly nulls: Uint8Array }
}

/** Arrays of one dimension that begin at 1; an empty array has no dimension. */
export class ArrayColumn implements CopyColumn {
  private readonly nulls: Uint8Array
  private readonly starts: Uint32Array
  private readonly lengths: Uint32Array
  private readonly elementNulls: Uint8Array
  private readonly oid: number
  private readonly elements: CopyColumn

  constructor({ nulls, starts, lengths, elements }: ListVector, type: ScalarType, of: CopyColumn) {
    this.nulls = nulls
    this.starts = starts
    this.lengths = lengths
    this.elementNulls = elements.nulls
    this.oid = ELEMENT_OIDS[type.kind]
    this.elements = of
  }

  write(writer: CopyWriter, row: number): void {
    if (this.nulls[row] === 1) return writer.null()
    const start = this.starts[row] ?? 0
    const end = start + (this.lengths[row] ?? 0)
    writer.reserve(HEAD_BYTES + DIMENSION_BYTES)
    // Elements may go on in the next buffer; this one is not handed over before the row is complete.
    const { view, at } = writer
    const before = writer.writtenBytes + 4
    view.setInt32(at + 4, end > start ? 1 : 0)
    view.setInt32(at + 8, this.hasNull(start, end) ? 1 : 0)
    view.setInt32(at + 12, this.oid)
    writer.at += HEAD_BYTES
    if (end > start) {
      view.setInt32(at + 16, end - start)
      view.setInt32(at + 20, 1)
      writer.at += DIMENSION_BYTES
    }
    for (let element = start; element < end; element += 1) this.elements.write(writer, element)
    view.setInt32(at, writer.writtenBytes - before)
  }

  private hasNull(start: number, end: number): boolean {
    return this.elementNulls.subarray(start, end).includes(1)
  }
}
