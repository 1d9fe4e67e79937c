import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import type { Session } from './sessions.ts'

export interface TableColumn {
  readonly name: string
  /** As PostgreSQL writes it: `numeric(10,2)`, `timestamp without time zone`. */
  readonly type: string
  readonly notNull: boolean
  /** Whether an INSERT may leave it out although it is NOT NULL. */
  readonly hasDefault: boolean
  /** Whether PostgreSQL refuses to be given a value for it. */
  readonly generated: boolean
  /** As SQL, where it is not the database's own. */
  readonly collation: string | null
}

export interface InspectedTable {
  /** `pg_class.relkind`: r is a table, p a partitioned one. */
  readonly kind: string
  readonly privileges: readonly string[]
  /** Whether row-level security would hide rows from this role. */
  readonly rowSecurity: boolean
  readonly columns: readonly TableColumn[]
  /** The columns of each unique index that covers every row. */
  readonly uniqueKeys: readonly (readonly string[])[]
}

interface RelationRow {
  readonly oid: string
  readonly kind: string
  readonly privileges: string[]
  readonly row_security: boolean
}

/** What the catalog says of the table, or nothing if there is none of that name. */
export async function inspectTable(
  session: Session,
  { schema, table }: PostgresTargetDefinition,
): Promise<InspectedTable | undefined> {
  const relations = await session.query<RelationRow>(
    `SELECT c.oid::text, c.relkind AS kind, row_security_active(c.oid) AS row_security,
            ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) p
                   WHERE has_table_privilege(c.oid, p)) AS privileges
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, table],
  )
  const relation = relations.rows[0]
  if (relation === undefined) return undefined
  const columns = await session.query<TableColumn>(
    `SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
            a.attnotnull AS "notNull", a.atthasdef OR a.attidentity <> '' AS "hasDefault",
            a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
            CASE WHEN l.collname <> 'default'
                 THEN quote_ident(ln.nspname) || '.' || quote_ident(l.collname) END AS collation
       FROM pg_attribute a
       LEFT JOIN pg_collation l ON l.oid = a.attcollation
       LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
      WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [relation.oid],
  )
  const indexes = await session.query<{ names: string[] }>(
    `SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = i.indrelid
                     AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS names
       FROM pg_index i
      WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid
        AND i.indpred IS NULL AND i.indexprs IS NULL`,
    [relation.oid],
  )
  return {
    kind: relation.kind,
    privileges: relation.privileges,
    rowSecurity: relation.row_security,
    columns: columns.rows,
    uniqueKeys: indexes.rows.map(({ names }) => names),
  }
}
