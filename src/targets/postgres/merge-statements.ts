import { compareRows } from './compare-rows.ts'
import type { LoadTables } from './load-tables.ts'
import type { OwnValues } from './own-values.ts'
import { POSITION_COLUMN, quoteColumn } from './sql-name.ts'

/** What becomes of rows of the table whose key is not staged. */
export type MissingRows =
  | { readonly kind: 'keep' }
  | { readonly kind: 'delete' }
  /** Only of those for which the condition is true; `t` is the table's alias in it. */
  | { readonly kind: 'delete-slice'; readonly condition: string }
  /** `at` is the time of the mark, as SQL. */
  | { readonly kind: 'mark'; readonly at: string }

export interface MergeRequest extends LoadTables {
  /** @default keep */
  readonly missing?: MissingRows
  /** Whether a row replaces one that has a greater value to order by. @default false */
  readonly replacesNewer?: boolean
  /** @default none */
  readonly own?: OwnValues
}

export type MergeStatements = ReturnType<typeof mergeStatements>

const same = 't.tableoid = c.relation AND t.ctid = c.place'

/**
 * The statements that bring the staged rows of each key into a table; `mergeStaged` says in which order.
 *
 * The set of changes is found first, by one join that both plans well (it may scan, hash and use
 * the key's index) and writes nothing for rows that are as they were. Measured beside `ON CONFLICT
 * DO UPDATE … WHERE` for 1,000,000 rows: 0.8 s instead of 2.5 s when no row changed, and within the
 * noise (6 to 7 s) when every row did.
 *
 * A change names the row of the table by its place, which stays while the table is locked: there are
 * changes with a position only (insert), with a place only (the row is missing), and with both (update).
 */
export function mergeStatements(request: MergeRequest) {
  const { target, staging, changes, columns, orderBy, own } = request
  const { missing = { kind: 'keep' }, replacesNewer = false } = request
  const { sameKey, differs, isNewer } = compareRows(request)
  const names = columns.map(({ name }) => quoteColumn(name))
  const copies = names.map((_, index) => `c.c${index}`)
  const staged = names.map((name) => `s.${name}`)
  const stagedPosition = `s.${POSITION_COLUMN}`
  const isProtected = orderBy === undefined || replacesNewer ? 'false' : isNewer('t', 's')
  const isChanged =
    isProtected === 'false' ? differs('s', 't') : `${differs('s', 't')} AND NOT ${isProtected}`

  const marks = missing.kind === 'mark'
  const isUpdated = marks
    ? `s.${POSITION_COLUMN} IS NOT NULL AND (t._deleted_at IS NOT NULL OR ${isChanged})`
    : isChanged
  const reasons = [
    't.ctid IS NULL',
    ...(missing.kind === 'delete' ? [`s.${POSITION_COLUMN} IS NULL`] : []),
    ...(marks ? [`s.${POSITION_COLUMN} IS NULL AND t._deleted_at IS NULL`] : []),
    isUpdated,
  ]
  // Of a marked row that is newer than the staged one, only the mark goes.
  const kept =
    marks && isProtected !== 'false'
      ? `s.${POSITION_COLUMN} IS NOT NULL AND ${isProtected}`
      : 'false'
  const missingOfSlice =
    missing.kind === 'delete-slice'
      ? `
 UNION ALL
SELECT ${names.map(() => 'NULL').join(', ')}, NULL, t.tableoid, t.ctid, false
  FROM ${target} t
 WHERE ${missing.condition} AND NOT EXISTS (SELECT FROM ${staging} s WHERE ${sameKey('s', 't')})`
      : ''
  const join = missing.kind === 'delete' || marks ? 'FULL' : 'LEFT'

  const allChanges = `SELECT ${names.map((name, index) => `s.${name} AS c${index}`).join(', ')},
       s.${POSITION_COLUMN} AS position, t.tableoid AS relation, t.ctid AS place, ${kept} AS kept
  FROM ${staging} s ${join} JOIN ${target} t ON ${sameKey('s', 't')}
 WHERE ${reasons.join('\n    OR ')}${missingOfSlice}`
  const countsOf = (of: string) =>
    `SELECT count(*) FILTER (WHERE place IS NULL)::text AS insert,
       count(*) FILTER (WHERE position IS NOT NULL AND place IS NOT NULL AND NOT kept)::text AS update,
       count(*) FILTER (WHERE position IS NULL)::text AS missing,
       count(*) FILTER (WHERE kept)::text AS unmark
  FROM ${of} c`

  const insertFrom = (from: string, values: readonly string[], position: string) => {
    const inserted = own?.inserted(position) ?? []
    return `INSERT INTO ${target} (${[...names, ...inserted.map(({ column }) => column)].join(', ')})
SELECT ${[...values, ...inserted.map(({ value }) => value)].join(', ')} FROM ${from}`
  }
  const updateFrom = (from: string, values: readonly string[], position: string) => {
    const assignments = [
      ...columns.flatMap(({ key }, index) => (key ? [] : [`${names[index]} = ${values[index]}`])),
      ...(own?.updated(position) ?? []).map(({ column, value }) => `${column} = ${value}`),
    ]
    return `UPDATE ${target} t SET ${assignments.join(', ')} FROM ${from}`
  }

  return {
    /** One row: how many of so many hundredths of the staged rows are to `update` one. */
    sampleUpdates: (percent: number) => `SELECT count(*)::text AS update
  FROM ${staging} s TABLESAMPLE SYSTEM (${percent}) JOIN ${target} t ON ${sameKey('s', 't')} WHERE ${isUpdated}`,

    /** What `countChanges` tells, without collecting them. */
    countAtOnce: countsOf(`(${allChanges})`),

    /** What `updateChanged` does, without changes collected. */
    updateAtOnce: updateFrom(
      `${staging} s WHERE ${sameKey('s', 't')} AND (${isUpdated})`,
      staged,
      stagedPosition,
    ),

    /** What `insertNew` does, without changes collected. */
    insertAbsent: insertFrom(
      `${staging} s WHERE NOT EXISTS (SELECT FROM ${target} t WHERE ${sameKey('s', 't')})`,
      staged,
      stagedPosition,
    ),

    collectChanges: `CREATE UNLOGGED TABLE ${changes} WITH (autovacuum_enabled = false) AS ${allChanges}`,

    /** One row: how many changes `insert` a row, `update` one, take one away, or its mark. */
    countChanges: countsOf(changes),

    /** Deletes the rows that are missing, or marks them. */
    takeMissing:
      missing.kind === 'mark'
        ? `UPDATE ${target} t SET _deleted_at = ${missing.at} FROM ${changes} c WHERE c.position IS NULL AND ${same}`
        : `DELETE FROM ${target} t USING ${changes} c WHERE c.position IS NULL AND ${same}`,

    unmark: `UPDATE ${target} t SET _deleted_at = NULL FROM ${changes} c WHERE c.kept AND ${same}`,

    updateChanged: updateFrom(
      `${changes} c WHERE c.position IS NOT NULL AND NOT c.kept AND ${same}`,
      copies,
      'c.position',
    ),

    insertNew: insertFrom(`${changes} c WHERE c.place IS NULL`, copies, 'c.position'),

    dropChanges: `DROP TABLE ${changes}`,
  }
}
