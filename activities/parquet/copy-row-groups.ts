import { open, type FileHandle } from 'node:fs/promises'
import {
  chunkField,
  columnField,
  columnSpan,
  fileField,
  groupField,
  parquetMagic,
} from './parquet-footer.ts'
import { ThriftStruct } from './thrift.ts'

const stepBytes = 1024 * 1024
/** What tells of pages by their positions, and could be wrong: filters and indexes of pages. */
const positionFields: ReadonlySet<number> = new Set([10, 14, 15])

/**
 * Writes row groups of a Parquet file as a file of their own, byte for byte: nothing is decoded.
 *
 * @param endOf Makes the end of the file from its metadata.
 */
export async function copyRowGroups(
  source: FileHandle,
  metadata: ThriftStruct,
  groups: readonly ThriftStruct[],
  path: string,
  options: { readonly endOf: (metadata: ThriftStruct) => Buffer; readonly signal: AbortSignal },
): Promise<void> {
  const target = await open(path, 'w')
  try {
    const copy = new Copy(source, target, options.signal)
    await copy.write(parquetMagic)
    const copied: ThriftStruct[] = []
    for (const group of groups) copied.push(await copyGroup(group, copy))
    const moved = metadata.clone().setStructs(fileField.rowGroups, copied)
    moved.setInteger(fileField.rows, rowsOf(groups), 'int64')
    await copy.write(options.endOf(moved))
  } finally {
    await target.close()
  }
}

export function rowsOf(groups: readonly ThriftStruct[]): number {
  return groups.reduce((rows, group) => rows + (group.integer(groupField.rows) ?? 0), 0)
}

/** What the columns of a row group take in the file. */
export function groupBytes(group: ThriftStruct): number {
  return group.structs(groupField.columns).reduce((bytes, chunk) => {
    const { start, end } = columnSpan(chunk.struct(chunkField.metadata) ?? new ThriftStruct())
    return bytes + Math.max(end - start, 0)
  }, 0)
}

async function copyGroup(group: ThriftStruct, copy: Copy): Promise<ThriftStruct> {
  const groupStart = copy.position
  const chunks: ThriftStruct[] = []
  for (const chunk of group.structs(groupField.columns)) {
    const column = (chunk.struct(chunkField.metadata) ?? new ThriftStruct()).clone()
    const { start, end } = columnSpan(column)
    const moved = copy.position - start
    await copy.range(start, end)
    for (const id of [columnField.dataOffset, columnField.dictionaryOffset]) {
      const offset = column.integer(id)
      if (offset === undefined) continue
      // One that lies outside is none.
      if (offset < start || offset >= end) column.fields.delete(id)
      else column.setInteger(id, offset + moved, 'int64')
    }
    column.keep((id) => !positionFields.has(id))
    const copied = new ThriftStruct().setInteger(chunkField.fileOffset, start + moved, 'int64')
    chunks.push(copied.setStruct(chunkField.metadata, column))
  }
  const kept = new Set<number>([groupField.bytes, groupField.rows, groupField.compressedBytes])
  return group
    .clone()
    .keep((id) => kept.has(id))
    .setStructs(groupField.columns, chunks)
    .setInteger(groupField.fileOffset, groupStart, 'int64')
}

class Copy {
  readonly #source: FileHandle
  readonly #target: FileHandle
  readonly #signal: AbortSignal
  position = 0

  constructor(source: FileHandle, target: FileHandle, signal: AbortSignal) {
    this.#source = source
    this.#target = target
    this.#signal = signal
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#target.writeFile(bytes)
    this.position += bytes.length
  }

  async range(start: number, end: number): Promise<void> {
    for (let at = start; at < end; at += stepBytes) {
      this.#signal.throwIfAborted()
      await this.write(await readBytes(this.#source, at, Math.min(at + stepBytes, end)))
    }
  }
}

/** A file's bytes between two positions that are in it. */
export async function readBytes(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) throw new Error('a file became shorter while it was read')
    filled += bytesRead
  }
  return bytes
}
