import type { ColumnDefinition, ColumnType } from '../../../activities/pipeline-definition.ts'
import type { Session } from './sessions.ts'
import { quoteColumn } from './sql-name.ts'

/** Which keys a load brought, whatever their order. */
export interface KeyDigest {
  readonly keyCount: number
  /** 16 hexadecimal digits. */
  readonly digest: string
}

/**
 * Of the rows of a table, as an SQL identifier; undefined where the columns have no key.
 *
 * The digest is the sum, modulo 2^64, of a 64-bit hash of each key: it does not depend on the order of
 * rows, and two sets of keys that differ by accident have the same one once in 2^64 times. It is no
 * protection against somebody who chooses keys with care. The hashes are those by which PostgreSQL
 * places rows in hash partitions, the same from version 11 on; only a big-endian server has others. They
 * are taken of the values or of texts that no setting changes, column by column, each with the hash before
 * it as its seed. Measured for 1,000,000 rows: 0.12 s for a bigint and 0.25 s for two texts (the leading
 * half of MD5: 0.7 to 0.9 s).
 */
export async function keyDigest(
  session: Session,
  table: string,
  columns: readonly ColumnDefinition[],
): Promise<KeyDigest | undefined> {
  const keys = columns.filter(({ key }) => key)
  if (keys.length === 0) return undefined
  const { rows } = await session.query<{ count: string; sum: string }>(
    `SELECT count(*)::text AS count, coalesce(sum(${keyHashSql(keys)}), 0)::text AS sum
       FROM ${table}`,
  )
  const { count = '0', sum = '0' } = rows[0] ?? {}
  const digest = BigInt.asUintN(64, BigInt(sum)).toString(16).padStart(16, '0')
  return { keyCount: Number(count), digest }
}

function keyHashSql(keys: readonly ColumnDefinition[]): string {
  return keys.reduce((seed, { name, type }) => hashSql(type, quoteColumn(name), seed), '0')
}

function hashSql(type: ColumnType, value: string, seed: string): string {
  switch (type.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return `hashint8extended(${value}::bigint, ${seed})`
    case 'boolean':
      return `hashint8extended(${value}::integer::bigint, ${seed})`
    case 'date':
      // Dates go on where timestamps end.
      return `CASE WHEN ${value} <= date '294276-12-31' OR NOT isfinite(${value})
        THEN timestamp_hash_extended(${value}::timestamp, ${seed})
        ELSE ${textHashSql(`${value}::text`, seed)} END`
    case 'timestamp':
      return `timestamp_hash_extended(${value}::timestamp, ${seed})`
    case 'timestamptz':
      return `timestamp_hash_extended(${value} AT TIME ZONE 'UTC', ${seed})`
    case 'time':
      return `time_hash_extended(${value}, ${seed})`
    case 'bytea':
      return textHashSql(`encode(${value}, 'hex')`, seed)
    case 'double':
      return textHashSql(`encode(float8send(${value}), 'hex')`, seed)
    case 'array':
      return textHashSql(`encode(array_send(${value}), 'hex')`, seed)
    // Of these there is one text for each value: a numeric column has one scale.
    case 'text':
    case 'uuid':
    case 'numeric':
    case 'json':
    case 'jsonb':
      return textHashSql(`${value}::text`, seed)
  }
}

function textHashSql(text: string, seed: string): string {
  return `hashtextextended(${text} COLLATE "C", ${seed})`
}
