import { createHash } from 'node:crypto'

/** PostgreSQL cuts longer names. */
const maxNameBytes = 63
const digestDigits = 8

/** Of PostgreSQL, and of loads themselves. */
const takenNames: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
  '_dataset_id',
  '_part_number',
  '_deleted_at',
  'valid_from',
  'valid_to',
  '_position',
])

/** Neither DuckDB nor Parquet tells names apart by case. */
export function foldedName(name: string): string {
  return name.toLowerCase()
}

/**
 * What the column of a field is called that nobody has declared: as the field is. Where no column can
 * be called so, or another one is, the name is cut and the beginning of its SHA-256 stands behind it:
 * it is the same each time.
 *
 * @param taken Names of the other columns, folded
 */
export function evolvedName(field: string, taken: ReadonlySet<string>): string {
  const isUsable =
    field !== '' &&
    Buffer.byteLength(field) <= maxNameBytes &&
    field.isWellFormed() &&
    !field.includes('\0') &&
    !takenNames.has(foldedName(field))
  if (isUsable && !taken.has(foldedName(field))) return field
  const digest = createHash('sha256').update(field).digest('hex')
  const kept = cutAt(
    field.replaceAll('\0', '').replaceAll(/\p{Surrogate}/gu, ''),
    maxNameBytes - 1 - digestDigits,
  )
  return `${kept}_${digest.slice(0, digestDigits)}`
}

/** At most so many bytes, whole characters only. */
function cutAt(text: string, maxBytes: number): string {
  let kept = ''
  let bytes = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    kept += character
  }
  return kept
}
