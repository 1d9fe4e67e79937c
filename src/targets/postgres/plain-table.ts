import type { TargetRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'

/**
 * Whether the table takes every row as it is given, or fails: nothing of it drops, adds or changes rows
 * (triggers, rules), and no row of a statement depends on those of another (unique indexes beside the
 * key's, foreign keys on itself, tables that inherit). And whether a second row of a key is refused at
 * once, not at the end of the transaction.
 */
export async function isPlainTable(
  session: Session,
  { target, columns }: Pick<TargetRequest, 'target' | 'columns'>,
): Promise<boolean> {
  const { rows } = await session.query<{ plain: boolean | null }>(
    `SELECT c.relkind = 'r' AND NOT c.relhasrules AND NOT c.relhassubclass
        AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
        AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.confrelid = c.oid)
        AND (SELECT count(*) = 1 AND bool_and(
                      i.indisunique AND i.indimmediate AND i.indisvalid
                      AND i.indpred IS NULL AND i.indexprs IS NULL
                      AND ARRAY(SELECT a.attname::text FROM pg_attribute a
                                 WHERE a.attrelid = i.indrelid
                                   AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                                 ORDER BY a.attname::text COLLATE "C")
                        = ARRAY(SELECT k FROM unnest($3::text[]) k ORDER BY k COLLATE "C"))
               FROM pg_index i
              WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)) AS plain
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = $2`,
    [target.schema, target.table, columns.filter(({ key }) => key).map(({ name }) => name)],
  )
  return rows[0]?.plain === true
}
