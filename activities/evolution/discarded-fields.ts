import { open } from 'node:fs/promises'
import type { RecordsFile } from '../conversion/convert-records.ts'
import type { FileRun } from '../conversion/write-parquet.ts'
import { eachLine } from '../json/each-line.ts'
import { eachMember, MalformedJsonError, memberName, skipValue } from '../json/json-walk.ts'

/** More names than these are data, and nobody reads them. */
export const maxDiscardedFields = 100

/**
 * Of JSON records those are looked at that begin so near to the start of a local file, which has about a
 * MiB of them. To look at each record would cost a quarter of what it costs to convert it.
 */
const lookBytes = 16 * 1024
/** As much of a file is read: long records are looked at too, as far as this reaches. */
const readBytes = 128 * 1024

export interface DiscardedFieldsInput {
  /** Names of the declared top-level fields, as they are at the source. */
  readonly declared: ReadonlySet<string>
  /** Names of what was put into the records for DuckDB, which the source has not. */
  readonly added: ReadonlySet<string>
  readonly records: RecordsFile
  /** Of Parquet: the files. */
  readonly runs?: readonly FileRun[] | undefined
}

/**
 * Names of the top-level fields that a batch's records have and no column declares, in order: all that a
 * header or the footers of files name, and of JSON those that a look at some of the records finds. At
 * most `maxDiscardedFields` of them.
 */
export async function discardedFields({
  declared,
  added,
  records,
  runs,
}: DiscardedFieldsInput): Promise<readonly string[]> {
  const found = new Set<string>()
  const see = (name: string): void => {
    if (found.size < maxDiscardedFields && !declared.has(name) && !added.has(name)) found.add(name)
  }
  const named = runs?.flatMap(({ schema }) => schema.topNames) ?? records.header
  if (named === undefined) await seeSome(records, see)
  else named.forEach(see)
  return [...found].toSorted()
}

async function seeSome({ paths = [] }: RecordsFile, see: (name: string) => void): Promise<void> {
  const beginning = Buffer.allocUnsafe(readBytes)
  for (const path of paths) {
    const file = await open(path)
    try {
      const { bytesRead } = await file.read(beginning, 0, readBytes, 0)
      seeMembers(beginning.subarray(0, bytesRead), see)
    } finally {
      await file.close()
    }
  }
}

/** The names of the members of records, one a line. */
function seeMembers(lines: Buffer, see: (name: string) => void): void {
  try {
    eachLine(lines, (start) => {
      if (start > lookBytes) return
      eachMember(lines, start, (nameStart, nameEnd, valueStart) => {
        see(memberName(lines, nameStart, nameEnd))
        return skipValue(lines, valueStart)
      })
    })
  } catch (error) {
    // A long record is cut off.
    if (!(error instanceof MalformedJsonError)) throw error
  }
}
