import type { Session } from './sessions.ts'

/**
 * What keeps PostgreSQL from changing the types of a table's columns, by the column's name: views
 * and rules, generated columns, policies, triggers, functions, filters of publications, and the
 * partitioning of the table. Indexes, constraints and defaults change with their column.
 */
export async function columnDependants(
  session: Session,
  tableOid: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await session.query<{ name: string; dependants: string[] }>(
    `SELECT a.attname::text AS name, array_agg(DISTINCT d.described) AS dependants
       FROM pg_attribute a
       JOIN (SELECT d.refobjsubid AS number,
                    CASE WHEN r.ev_class <> d.refobjid
                         THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
                         WHEN g.adrelid IS NOT NULL
                         THEN pg_describe_object('pg_class'::regclass, g.adrelid, g.adnum)
                         ELSE pg_describe_object(d.classid, d.objid, d.objsubid)
                     END AS described
               FROM pg_depend d
               LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
               LEFT JOIN pg_attrdef g ON d.classid = 'pg_attrdef'::regclass AND g.oid = d.objid
              WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid
                AND d.classid NOT IN ('pg_constraint'::regclass, 'pg_statistic_ext'::regclass)
                -- Generated columns, as PostgreSQL 14 keeps them; others of the class are indexes.
                AND (d.classid <> 'pg_class'::regclass
                  OR d.objid = d.refobjid AND d.objsubid NOT IN (0, d.refobjsubid))
                AND (g.oid IS NULL OR g.adrelid <> d.refobjid OR g.adnum <> d.refobjsubid)
             UNION ALL
             SELECT k, 'the partitioning of the table'
               FROM pg_partitioned_table p, unnest(p.partattrs::int2[]) k
              WHERE p.partrelid = $1::oid) AS d ON d.number = a.attnum
      WHERE a.attrelid = $1::oid AND a.attnum > 0
      GROUP BY a.attname`,
    [tableOid],
  )
  return new Map(rows.map(({ name, dependants }) => [name, dependants]))
}
