import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDb } from '../conversion/duck-db.ts'
import { checkPages } from '../parquet/check-pages.ts'
import { copyRowGroups, groupBytes, readBytes, rowsOf } from '../parquet/copy-row-groups.ts'
import { neutralFooter } from '../parquet/neutral-footer.ts'
import {
  fileField,
  footerBytes,
  readParquetFooter,
  type ParquetFooter,
} from '../parquet/parquet-footer.ts'
import { neutralSchema, type NeutralSchema } from '../parquet/parquet-schema.ts'
import { restoreMetadata } from '../parquet/restore-metadata.ts'
import type { ThriftStruct } from '../parquet/thrift.ts'
import { PipelineError } from '../pipeline-error.ts'
import { rewriteRowGroups } from './rewrite-row-groups.ts'

export interface CutParquetInput {
  /** The file, which stays as it is. */
  readonly path: string
  /** For what is made. */
  readonly folder: string
  /** About the size of what the file is cut into. */
  readonly batchBytes: number
  readonly signal: AbortSignal
}

export interface ParquetPiece {
  /** The file itself, or one that is there until the next is asked for. */
  readonly path: string
  readonly records: number
}

/** DuckDB writes row groups of no fewer rows. */
const leastGroupRows = 2048

/**
 * Cuts a Parquet file along its rows, in order, into files that hold the same values of the same types.
 * Row groups are copied as they are; one that is too large alone is written anew in smaller ones.
 * A file of at most `batchBytes` is yielded as it is. Memory does not grow with the file.
 *
 * @throws PipelineError SOURCE_MALFORMED when it is no whole Parquet file, PAGE_TOO_LARGE where a row
 * group is too large and holds what cannot be written anew exactly, and CONVERSION_FAILED where it
 * cannot be read
 */
export async function* cutParquet(
  duckDb: DuckDb,
  { path, folder, batchBytes, signal }: CutParquetInput,
): AsyncIterable<ParquetPiece> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const read = async (start: number, end: number): Promise<Buffer> => {
      signal.throwIfAborted()
      return readBytes(file, start, end)
    }
    const footer = await readParquetFooter(size, read)
    await checkPages(footer, read)
    if (size <= batchBytes || footer.rows === 0) {
      yield { path, records: footer.rows }
      return
    }
    let index = 0
    for (const piece of piecesOf(footer, batchBytes)) {
      const name = `piece-${String(index).padStart(5, '0')}`
      index += 1
      if (piece.bytes <= batchBytes || rowsOf(piece.groups) <= leastGroupRows) {
        const made = { path: join(folder, `${name}.parquet`), footer: footerBytes }
        yield* yieldCopy(file, footer.metadata, piece.groups, made, signal)
        continue
      }
      const large = { duckDb, file, footer, piece, place: join(folder, name), batchBytes, signal }
      yield* cutRowGroup(large)
    }
  } finally {
    await file.close()
  }
}

interface Groups {
  readonly groups: ThriftStruct[]
  bytes: number
}

/** Row groups that go together, empty ones left out. */
function piecesOf({ metadata }: Pick<ParquetFooter, 'metadata'>, batchBytes: number): Groups[] {
  const pieces: Groups[] = []
  for (const group of metadata.structs(fileField.rowGroups)) {
    if (rowsOf([group]) === 0) continue
    const bytes = groupBytes(group)
    const last = pieces.at(-1)
    if (last !== undefined && last.bytes + bytes <= batchBytes) {
      last.groups.push(group)
      last.bytes += bytes
    } else {
      pieces.push({ groups: [group], bytes })
    }
  }
  return pieces
}

async function* yieldCopy(
  source: FileHandle,
  metadata: ThriftStruct,
  groups: readonly ThriftStruct[],
  made: { readonly path: string; readonly footer: (metadata: ThriftStruct) => Buffer },
  signal: AbortSignal,
): AsyncIterable<ParquetPiece> {
  try {
    await copyRowGroups(source, metadata, groups, made.path, { endOf: made.footer, signal })
    yield { path: made.path, records: rowsOf(groups) }
  } finally {
    await rm(made.path, { force: true })
  }
}

interface LargeGroup {
  readonly duckDb: DuckDb
  readonly file: FileHandle
  readonly footer: ParquetFooter
  readonly piece: Groups
  /** What the names of files that are made for it begin with. */
  readonly place: string
  readonly batchBytes: number
  readonly signal: AbortSignal
}

async function* cutRowGroup(large: LargeGroup): AsyncIterable<ParquetPiece> {
  const { duckDb, file, footer, piece, place, batchBytes, signal } = large
  const { metadata } = footer
  const original = metadata.structs(fileField.schema)
  const schema = neutralSchema(original, { bytesOnly: true, keepMaps: true })
  const whole = `${place}-whole.parquet`
  const rewritten = `${place}-rewritten.parquet`
  try {
    const endOf = (moved: ThriftStruct): Buffer =>
      neutralFooter({ metadata: moved, rows: rowsOf(piece.groups) }, schema)
    await copyRowGroups(file, metadata, piece.groups, whole, { endOf, signal })
    const share = Math.floor((rowsOf(piece.groups) * batchBytes) / piece.bytes)
    const groupRows = Math.max(leastGroupRows, share - (share % leastGroupRows))
    const input = { from: whole, to: rewritten, schema, groupRows, signal }
    if (!(await rewriteRowGroups(duckDb, input))) throw tooLarge(piece.bytes, batchBytes)
    await rm(whole)
    const source = await open(rewritten)
    try {
      yield* yieldRewritten(large, source, original, schema)
    } finally {
      await source.close()
    }
  } finally {
    await rm(whole, { force: true })
    await rm(rewritten, { force: true })
  }
}

async function* yieldRewritten(
  { place, piece, batchBytes, signal }: LargeGroup,
  source: FileHandle,
  original: readonly ThriftStruct[],
  schema: NeutralSchema,
): AsyncIterable<ParquetPiece> {
  const { size } = await source.stat()
  const { metadata, rows } = await readParquetFooter(size, (start, end) =>
    readBytes(source, start, end),
  )
  if (rows !== rowsOf(piece.groups)) throw new Error('a row group was not written anew as a whole')
  const restored = restoreMetadata(metadata, original, schema)
  for (const [index, { groups }] of piecesOf({ metadata: restored }, batchBytes).entries()) {
    const path = `${place}-${String(index).padStart(5, '0')}.parquet`
    yield* yieldCopy(source, restored, groups, { path, footer: footerBytes }, signal)
  }
}

function tooLarge(bytes: number, batchBytes: number): PipelineError {
  return new PipelineError(
    'PAGE_TOO_LARGE',
    `a row group with INT96 timestamps that 64 bits do not hold has ${bytes} bytes, more than ${batchBytes}`,
    {
      remedy:
        'Raise `limits.batch_bytes` of the pipeline file, or have the source write smaller row groups or other timestamps.',
    },
  )
}
