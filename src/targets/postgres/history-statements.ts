import { compareRows } from './compare-rows.ts'
import type { LoadTables } from './load-tables.ts'
import type { OwnValues } from './own-values.ts'
import { POSITION_COLUMN, quoteColumn } from './sql-name.ts'

export interface HistoryRequest extends LoadTables {
  /** Since when the staged rows are valid, as SQL. */
  readonly validFrom: string
  /** Whether the validity of keys that are not staged ends. */
  readonly endsMissing: boolean
  /** Whether the table has versions of this very time, which the load takes the place of. */
  readonly again: boolean
  /** Whether it does so whatever they are: of keys that are not staged, and with a greater order. */
  readonly takesBack: boolean
  readonly own: OwnValues
}

/**
 * The statements that bring staged rows into a table that keeps each version of a row: valid from
 * `valid_from` until before `valid_to`, and still valid where that is NULL.
 *
 * A change compares the staged row `s` with the version `b` that was valid before this load's time, and
 * with the version `v` that an earlier load has made of this time. `wanted` tells whether there is to be
 * one, `moves` whether the end of `b` is to be set or taken back. So a slice that is loaded again leaves
 * what its first load would have left, and only differences are written.
 */
export function historyStatements(request: HistoryRequest) {
  const { target, staging, changes, columns, validFrom, endsMissing, again, own } = request
  const { takesBack } = request
  const { sameKey, differs, isNewer } = compareRows(request)
  const names = columns.map(({ name }) => quoteColumn(name))
  const copies = names.map((_, index) => `c.c${index}`)
  const keyNames = columns.filter(({ key }) => key).map(({ name }) => quoteColumn(name))

  const isStaged = `s.${POSITION_COLUMN} IS NOT NULL`
  const wanted = `${isStaged} AND (b.ctid IS NULL OR ${differs('s', 'b')} AND NOT ${isNewer('b', 's')})`
  const ends = endsMissing ? `(${wanted} OR NOT ${isStaged})` : `(${wanted})`
  const isOpen = 'b.ctid IS NOT NULL AND b.valid_to IS NULL'
  const join = endsMissing || again ? 'FULL' : 'LEFT'
  // Under the names of the system columns, which no column of a table can have.
  const versions = (condition: string) =>
    `(SELECT *, tableoid, ctid FROM ${target} WHERE ${condition})`
  const made = again
    ? {
        relation: 'v.tableoid',
        place: 'v.ctid',
        differs: differs('s', 'v'),
        notNewer: ` AND NOT ${isNewer('v', 's')}`,
        join: `
  FULL JOIN ${versions(`valid_from = ${validFrom}`)} v
    ON ${keyNames.map((name) => `coalesce(s.${name}, b.${name}) = v.${name}`).join(' AND ')}`,
      }
    : { relation: 'NULL::oid', place: 'NULL::tid', differs: 'false', notNewer: '', join: '' }
  const before = again
    ? `valid_from < ${validFrom} AND (valid_to IS NULL OR valid_to = ${validFrom})`
    : 'valid_to IS NULL'
  const inserted = own.inserted('c.position')
  const assignments = [
    ...columns.flatMap(({ key }, index) => (key ? [] : [`${names[index]} = ${copies[index]}`])),
    ...own.updated('c.position').map(({ column, value }) => `${column} = ${value}`),
  ]
  const version = 't.tableoid = c.relation AND t.ctid = c.place'
  const earlier = 't.tableoid = c.earlier_relation AND t.ctid = c.earlier_place'

  return {
    collectChanges: `CREATE UNLOGGED TABLE ${changes} WITH (autovacuum_enabled = false) AS
SELECT ${names.map((name, index) => `s.${name} AS c${index}`).join(', ')},
       s.${POSITION_COLUMN} AS position, ${made.relation} AS relation, ${made.place} AS place,
       b.tableoid AS earlier_relation, b.ctid AS earlier_place,
       ${wanted} AS wanted, ${isOpen} AS open, b.ctid IS NOT NULL AND (${isOpen}) = ${ends} AS moves
  FROM ${staging} s
  ${join} JOIN ${versions(before)} b
    ON ${sameKey('s', 'b')}${made.join}
 WHERE CASE WHEN ${wanted} THEN ${made.place} IS NULL OR ${isOpen} OR ${made.differs}
            WHEN ${endsMissing ? `NOT (${isStaged})` : 'false'} THEN ${made.place} IS NOT NULL OR ${isOpen}
            ELSE ${made.place} IS NOT NULL OR b.valid_to IS NOT NULL END${takesBack ? '' : `\n   AND ${isStaged}${made.notNewer}`}`,

    /** One row: how many rows each of the other statements writes, and how many keys it is about. */
    countChanges: `SELECT count(*) FILTER (WHERE NOT wanted AND place IS NOT NULL)::text AS remove,
       count(*) FILTER (WHERE moves)::text AS move,
       count(*) FILTER (WHERE wanted AND place IS NOT NULL)::text AS rewrite,
       count(*) FILTER (WHERE wanted AND place IS NULL)::text AS insert,
       count(*) FILTER (WHERE position IS NOT NULL AND place IS NULL AND NOT open)::text AS "keysInserted",
       count(*) FILTER (WHERE position IS NOT NULL AND (place IS NOT NULL OR open))::text AS "keysUpdated",
       count(*) FILTER (WHERE position IS NULL AND (place IS NOT NULL OR open))::text AS "keysDeleted"
  FROM ${changes}`,

    removeVersions: `DELETE FROM ${target} t USING ${changes} c WHERE NOT c.wanted AND ${version}`,

    moveEnds: `UPDATE ${target} t SET valid_to = CASE WHEN c.open THEN ${validFrom} END
  FROM ${changes} c WHERE c.moves AND ${earlier}`,

    rewriteVersions: `UPDATE ${target} t SET ${assignments.join(', ')}
  FROM ${changes} c WHERE c.wanted AND ${version}`,

    insertVersions: `INSERT INTO ${target} (${[...names, ...inserted.map(({ column }) => column)].join(', ')})
SELECT ${[...copies, ...inserted.map(({ value }) => value)].join(', ')} FROM ${changes} c WHERE c.wanted AND c.place IS NULL`,

    dropChanges: `DROP TABLE ${changes}`,
  }
}
