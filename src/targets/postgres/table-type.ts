/** Types without limits of their own. */
const plainKinds = [
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'boolean',
  'text',
  'date',
  'uuid',
  'json',
  'jsonb',
  'bytea',
] as const

/** Types that may be limited: to so many letters, or to so many digits of a second. */
const limitedKinds = [
  'character varying',
  'character',
  'time without time zone',
  'timestamp without time zone',
  'timestamp with time zone',
] as const

/** A type of a table's column that is known here, without a limit where it has none. */
export type TableType =
  | { readonly kind: (typeof plainKinds)[number] }
  | { readonly kind: (typeof limitedKinds)[number]; readonly limit?: number }
  | { readonly kind: 'numeric'; readonly precision?: number; readonly scale?: number }
  | { readonly kind: 'array'; readonly element: TableType }

const PLAIN: ReadonlyMap<string, TableType> = new Map(plainKinds.map((kind) => [kind, { kind }]))
const LIMITED: ReadonlyMap<string, (typeof limitedKinds)[number]> = new Map(
  limitedKinds.map((kind) => [kind, kind]),
)

/** Reads a type as PostgreSQL writes it (`format_type`); undefined for one that is not known here. */
export function parseTableType(text: string): TableType | undefined {
  if (text.endsWith('[]')) {
    const element = parseTableType(text.slice(0, -2))
    return element && { kind: 'array', element }
  }
  const [, before, limits, after] =
    /^([a-z ]+?)(?:\((\d+(?:,-?\d+)?)\))?( with.*)?$/.exec(text) ?? []
  const name = `${before ?? ''}${after ?? ''}`
  const [first, second = 0] = limits?.split(',').map(Number) ?? []
  if (name === 'numeric') {
    return first === undefined
      ? { kind: 'numeric' }
      : { kind: 'numeric', precision: first, scale: second }
  }
  const limited = LIMITED.get(name)
  if (limited !== undefined) {
    return first === undefined ? { kind: limited } : { kind: limited, limit: first }
  }
  return limits === undefined ? PLAIN.get(name) : undefined
}
