import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { columnDependants } from './column-dependants.ts'
import type { Session } from './sessions.ts'

export interface TableColumn {
  readonly name: string
  /** As PostgreSQL writes it: `numeric(10,2)`, `timestamp without time zone`; a domain's base type. */
  readonly type: string
  /** What people are to be told, where that is more: `the domain price over numeric`, `the enum mood`. */
  readonly typeOrigin: string | null
  readonly notNull: boolean
  /** Whether an INSERT may leave it out although it is NOT NULL. */
  readonly hasDefault: boolean
  /** Whether PostgreSQL refuses to be given a value for it. */
  readonly generated: boolean
  /** Whether it is an identity column, whose type is that of its sequence. */
  readonly identity: boolean
  /** As SQL, where it is not the database's own. */
  readonly collation: string | null
  readonly comment: string | null
  /** What keeps PostgreSQL from changing its type: `view totals`, `trigger t on table x`. */
  readonly dependants: readonly string[]
  /** Foreign keys that it is part of at either end; their other column has its own type. */
  readonly foreignKeys: readonly string[]
}

export interface InspectedTable {
  /** `pg_class.relkind`: r is a table, p a partitioned one. */
  readonly kind: string
  readonly privileges: readonly string[]
  /** Whether row-level security would hide rows from this role. */
  readonly rowSecurity: boolean
  /** Whether the role may alter it. */
  readonly owned: boolean
  /** What it has its columns from, where that is not itself: the table that it is a partition of, e.g. */
  readonly columnsFrom: string | null
  readonly comment: string | null
  readonly columns: readonly TableColumn[]
  /** Tables that inherit from it without being partitions: their rows are its rows, and no index of it holds for them. */
  readonly inheritors: readonly string[]
  /** What decides the partition of a row, which every unique index has to have: `day`, `an expression`. */
  readonly partitionedBy: readonly string[]
  /** Foreign keys that delete or change rows elsewhere, or of the table itself, when one of its rows goes. */
  readonly followers: readonly string[]
  /** Columns that foreign keys refer to and that change rows elsewhere, or of the table itself, with them. */
  readonly referredColumns: readonly string[]
  /** Columns of foreign keys of its own that do so to its rows, when a row that they refer to goes or changes. */
  readonly followedColumns: readonly string[]
  /** The columns of each unique index that covers every row, and tells rows apart as they do, in its order. */
  readonly uniqueKeys: readonly (readonly string[])[]
}

interface RelationRow {
  readonly oid: string
  readonly kind: string
  readonly privileges: string[]
  readonly row_security: boolean
  readonly owned: boolean
  readonly columns_from: string | null
  readonly comment: string | null
  readonly inheritors: string[]
  readonly partitioned_by: string[]
  readonly followers: string[]
  readonly referred_columns: string[]
  readonly followed_columns: string[]
}

/** What the catalog says of the table, or nothing if there is none of that name. */
export async function inspectTable(
  session: Session,
  { schema, table }: PostgresTargetDefinition,
): Promise<InspectedTable | undefined> {
  const relations = await session.query<RelationRow>(
    `SELECT c.oid::text, c.relkind AS kind, row_security_active(c.oid) AS row_security,
            ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p
                   WHERE has_table_privilege(c.oid, p)) AS privileges,
            pg_has_role(c.relowner, 'USAGE') AS owned,
            CASE WHEN c.reloftype <> 0 THEN 'type ' || format_type(c.reloftype, NULL)
                 ELSE (SELECT pg_describe_object('pg_class'::regclass, h.inhparent, 0)
                         FROM pg_inherits h WHERE h.inhrelid = c.oid ORDER BY h.inhseqno LIMIT 1)
             END AS columns_from,
            obj_description(c.oid, 'pg_class') AS comment,
            ARRAY(SELECT h.inhrelid::regclass::text FROM pg_inherits h
                   WHERE h.inhparent = c.oid AND c.relkind = 'r' ORDER BY 1) AS inheritors,
            ARRAY(SELECT coalesce(a.attname::text, 'an expression')
                    FROM pg_partitioned_table p CROSS JOIN unnest(p.partattrs::int2[]) k
                    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k AND k > 0
                   WHERE p.partrelid = c.oid) AS partitioned_by,
            ARRAY(SELECT pg_describe_object('pg_constraint'::regclass, f.oid, 0)
                    FROM pg_constraint f WHERE f.confrelid = c.oid AND ${FOLLOWS_DELETE}
                     -- Partitions have a constraint each beside that of their table.
                     AND NOT EXISTS (SELECT FROM pg_constraint p
                                      WHERE p.oid = f.conparentid AND p.confrelid = f.confrelid)) AS followers,
            ARRAY(SELECT DISTINCT a.attname::text FROM pg_constraint f
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (f.conkey)
                   WHERE f.conrelid = c.oid AND (${FOLLOWS_DELETE} OR ${FOLLOWS_UPDATE})) AS followed_columns,
            ARRAY(SELECT DISTINCT a.attname::text FROM pg_constraint f
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (f.confkey)
                   WHERE f.confrelid = c.oid AND ${FOLLOWS_UPDATE}) AS referred_columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, table],
  )
  const relation = relations.rows[0]
  if (relation === undefined) return undefined
  const dependants = await columnDependants(session, relation.oid)
  const columns = await session.query<Omit<TableColumn, 'dependants'>>(
    `SELECT a.attname::text AS name, format_type(b.type, b.modifier) AS type,
            CASE WHEN t.typtype = 'd' THEN 'the domain ' || format_type(a.atttypid, NULL)
                      || ' over ' || format_type(b.type, b.modifier)
                 WHEN t.typtype = 'e' THEN 'the enum ' || format_type(a.atttypid, NULL)
             END AS "typeOrigin",
            a.attnotnull OR b.not_null AS "notNull",
            a.atthasdef OR a.attidentity <> '' OR b.has_default AS "hasDefault",
            a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
            a.attidentity <> '' AS identity,
            CASE WHEN l.collname <> 'default'
                 THEN quote_ident(ln.nspname) || '.' || quote_ident(l.collname) END AS collation,
            col_description(a.attrelid, a.attnum) AS comment,
            ARRAY(SELECT DISTINCT pg_describe_object('pg_constraint'::regclass, f.oid, 0)
                    FROM pg_constraint f
                   WHERE f.contype = 'f'
                     AND (f.conrelid = a.attrelid AND a.attnum = ANY (f.conkey)
                       OR f.confrelid = a.attrelid AND a.attnum = ANY (f.confkey)))
              AS "foreignKeys"
       FROM pg_attribute a
       JOIN pg_type t ON t.oid = a.atttypid
       CROSS JOIN LATERAL (${BASE_TYPE}) b
       LEFT JOIN pg_collation l ON l.oid = a.attcollation
       LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
      WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [relation.oid],
  )
  const indexes = await session.query<{ names: string[] }>(
    `SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = i.indrelid
                     AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                   ORDER BY array_position(i.indkey::int2[], a.attnum)) AS names
       FROM pg_index i
      WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid
        AND i.indpred IS NULL AND i.indexprs IS NULL
        -- An index may have a collation of its own, by which other texts are equal than by the column's.
        AND NOT EXISTS (
          SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) AS k (number, ordered_by)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
            JOIN pg_collation l ON l.oid IN (k.ordered_by, a.attcollation)
           WHERE k.ordered_by <> a.attcollation AND NOT l.collisdeterministic)`,
    [relation.oid],
  )
  return {
    kind: relation.kind,
    privileges: relation.privileges,
    rowSecurity: relation.row_security,
    owned: relation.owned,
    columnsFrom: relation.columns_from,
    comment: relation.comment,
    inheritors: relation.inheritors,
    partitionedBy: relation.partitioned_by,
    followers: relation.followers,
    referredColumns: relation.referred_columns,
    followedColumns: relation.followed_columns,
    columns: columns.rows.map((column) => ({
      ...column,
      dependants: dependants.get(column.name) ?? [],
    })),
    uniqueKeys: indexes.rows.map(({ names }) => names),
  }
}

/** CASCADE, SET NULL and SET DEFAULT; what is no foreign key has none of them. */
const FOLLOWS_DELETE = `f.confdeltype IN ('c', 'n', 'd')`
const FOLLOWS_UPDATE = `f.confupdtype IN ('c', 'n', 'd')`

/** One row: the type beneath the domains, and what the domains ask of a value. */
const BASE_TYPE = `
  WITH RECURSIVE chain (type, modifier, not_null, has_default, depth) AS (
    SELECT a.atttypid, a.atttypmod, false, false, 0
    UNION ALL
    SELECT d.typbasetype, d.typtypmod, c.not_null OR d.typnotnull,
           c.has_default OR d.typdefault IS NOT NULL, c.depth + 1
      FROM chain c JOIN pg_type d ON d.oid = c.type AND d.typtype = 'd'
  )
  SELECT type, modifier, not_null, has_default FROM chain ORDER BY depth DESC LIMIT 1`
