import type { ScalarType } from '../pipeline-definition.ts'
import { tooDeep } from '../json/check-record.ts'
import { decimalCastSql } from './decimal-sql.ts'
import { tooDeepSql, tooLargeForJsonbSql } from './json-limits-sql.ts'
import { literal } from './sql-text.ts'
import {
  base64Pattern,
  datePattern,
  datePatternBc,
  farLocalTimePattern,
  hexPattern,
  integerPattern,
  jsonNulPattern,
  jsonStringPattern,
  jsonTokensPattern,
  jsonWideNumberPattern,
  timePattern,
  uuidPattern,
} from './type-patterns.ts'

/** When a row cannot be loaded, as SQL, and why, in words. */
export interface RejectRule {
  readonly condition: string
  readonly reason: string
}

/** The DuckDB type that one value is kept in. */
export function scalarDuckDbType(type: ScalarType): string {
  switch (type.kind) {
    case 'numeric':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'text':
    // DuckDB's JSON is text with a check that is not PostgreSQL's.
    case 'json':
    case 'jsonb':
      return 'VARCHAR'
    case 'bytea':
      return 'BLOB'
    default:
      return type.kind.toUpperCase()
  }
}

/** Whether the whole of the text is of the pattern, as SQL. */
export function matchesSql(text: string, pattern: string): string {
  return `regexp_full_match(${text}, ${literal(pattern)})`
}

/** The text as the type; NULL where it is not one. `text` is SQL, as in all that follows. */
export function scalarCastSql(type: ScalarType, text: string): string {
  const duckDbType = scalarDuckDbType(type)
  switch (type.kind) {
    case 'text':
    case 'json':
    case 'jsonb':
      return text
    case 'bytea':
      return `CASE WHEN ${matchesSql(text, hexPattern)} THEN unhex(substr(${text}, 3))
        WHEN ${matchesSql(text, base64Pattern)} THEN from_base64(${text}) END`
    case 'date':
      return `CASE WHEN ${isPlainMoment('date', text)} THEN TRY_CAST(${text} AS DATE)
        ELSE ${dateSql(duckDbType, text, text)} END`
    case 'timestamp':
    case 'timestamptz': {
      const whole = `epoch_us(${dateSql(duckDbType, text, withoutFractionSql(text))})`
      const rounded = `TRY(make_${type.kind}(${whole} + ${microsecondsSql(text)}))`
      return `CASE WHEN ${isPlainMoment(type.kind, text)} THEN TRY_CAST(${text} AS ${duckDbType})
        WHEN ${hasLongFraction(text)} THEN ${rounded} ELSE ${dateSql(duckDbType, text, text)} END`
    }
    case 'time': {
      const cast = (written: string): string =>
        `CASE WHEN ${matchesSql(text, timePattern)} THEN TRY_CAST(${written} AS TIME) END`
      const whole = `epoch_us(${cast(withoutFractionSql(text))})`
      const rounded = `list_transform([${whole} + ${microsecondsSql(text)}], lambda us: CASE
        WHEN us < 86400000000 THEN TIME '00:00:00' + to_microseconds(us)
        WHEN us = 86400000000 THEN TIME '24:00:00' END)[1]`
      return `CASE WHEN ${hasLongFraction(text)} THEN ${rounded} ELSE ${cast(text)} END`
    }
    case 'numeric':
      return decimalCastSql(type, text)
    case 'uuid':
      return `CASE WHEN ${matchesSql(text, uuidPattern)} THEN TRY_CAST(${text} AS ${duckDbType}) END`
    default:
      return `TRY_CAST(${text} AS ${duckDbType})`
  }
}

/**
 * Whether a moment is written as most are, digit for digit: `dateSql` reads those alike, and its
 * patterns cost more than the cast does.
 */
function isPlainMoment(kind: 'date' | 'timestamp' | 'timestamptz', text: string): string {
  const clock = ['[T ][0-9][0-9]', '[0-9][0-9]', '[0-9][0-9]'].join(':')
  const rest = { date: '', timestamp: clock, timestamptz: `${clock}Z` }[kind]
  return `${text} GLOB '[1-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]${rest}'`
}

/** What is `written`, where the text is a day, with a time of day perhaps. */
function dateSql(duckDbType: string, text: string, written: string): string {
  // CAST within TRY, since TRY_CAST itself throws for a time with a zone that is too late.
  const cast = (moment: string): string => `TRY(CAST(${moment} AS ${duckDbType}))`
  // DuckDB wants the era behind the day, and reads over one that stands elsewhere.
  const moved = (moment: string): string =>
    `regexp_replace(${moment}, '^([^ T]*)(.*) BC', '\\1 (BC)\\2')`
  const tidied = tidySql(written)
  return `CASE WHEN ${matchesSql(text, datePattern)}
      THEN coalesce(${cast(inZoneSql(duckDbType, written))}, ${cast(tidied)})
    WHEN ${matchesSql(text, datePatternBc)}
      THEN coalesce(${cast(moved(written))}, ${cast(moved(tidied))}) END`
}

/** Without spaces around it and before the offset, and with the seconds that DuckDB wants there. */
function tidySql(text: string): string {
  const trimmed = `trim(${text}, ' \t\n\r')`
  const joined = `regexp_replace(${trimmed}, '([0-9])[ \t\n\r]+([Z+-])', '\\1\\2')`
  return `regexp_replace(${joined}, '([T ][0-9]+:[0-9]+)([Z+-])', '\\1:00\\2')`
}

/** DuckDB counts a time without an offset in floating point, which is not exact in far years. */
function inZoneSql(duckDbType: string, text: string): string {
  if (duckDbType !== 'TIMESTAMPTZ') return text
  const isFar = `substr(${text}, 5, 1) <> '-' AND regexp_matches(${text}, ${literal(farLocalTimePattern)})`
  return `CASE WHEN ${isFar} THEN rtrim(${text}, ' \t\n\r') || '+00' ELSE ${text} END`
}

/** Whether a second has more than six decimals: DuckDB would cut them off. */
function hasLongFraction(text: string): string {
  return `contains(${text}, '.') AND regexp_matches(${text}, '[.][0-9]{7}')`
}

function withoutFractionSql(text: string): string {
  return `regexp_replace(${text}, '[.][0-9]+', '')`
}

/** A second's fraction, rounded as PostgreSQL does: in floating point, half to even. */
function microsecondsSql(text: string): string {
  const fraction = `TRY_CAST(regexp_extract(${text}, '[.][0-9]+') AS DOUBLE)`
  return `round_even(${fraction} * 1e6, 0)::BIGINT`
}

/** Where DuckDB holds more than PostgreSQL does: when a cast value is out of range. */
function isBeyondPostgres(kind: 'date' | 'timestamp' | 'timestamptz', cast: string): string {
  const type = kind.toUpperCase()
  const early = `${cast} < ${type} '4714-11-24 (BC)'`
  const late = kind === 'date' ? ` OR ${cast} > DATE '5874897-12-31'` : ''
  return `((${early}${late}) AND isfinite(${cast}))`
}

/** When the text, or what it was cast to, is no value of the type; never for a NULL. */
export function scalarRules(
  { kind }: ScalarType,
  text: string,
  cast: string,
  noun: 'value' | 'element',
): RejectRule[] {
  const [what, whatText] =
    noun === 'value' ? ['the value', 'the text'] : ['an element', 'the text of an element']
  const notOfType = (condition: string): RejectRule => ({
    condition: `${text} IS NOT NULL AND (${condition})`,
    reason: `${what} is not of type ${kind}`,
  })
  switch (kind) {
    case 'text':
      // PostgreSQL's text has no NUL.
      return [
        { condition: `contains(${text}, chr(0))`, reason: `${whatText} holds a NUL character` },
      ]
    case 'smallint':
    case 'integer':
    case 'bigint':
      // DuckDB would round 3.7 to 4. Most integers print as they were written, which is cheaper to
      // see than a pattern is to match.
      return [
        notOfType(
          `${cast} IS NULL OR (${cast}::VARCHAR <> ${text} AND NOT ${matchesSql(text, integerPattern)})`,
        ),
      ]
    case 'double':
      // 1e400 would become infinity, 1e-400 zero, 1_0 ten, and +-1 less than nothing.
      return [
        notOfType(
          `${cast} IS NULL OR (isinf(${cast}) AND NOT contains(lower(${text}), 'inf')) OR (${cast} = 0 AND regexp_matches(${text}, '^[^eE]*[1-9]')) OR contains(${text}, '_') OR contains(${text}, '+-')`,
        ),
      ]
    case 'numeric':
      // A sign before white space would become zero.
      return [
        notOfType(`${cast} IS NULL OR (${cast} = 0 AND NOT regexp_matches(${text}, '[0-9]'))`),
      ]
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return [notOfType(`${cast} IS NULL OR ${isBeyondPostgres(kind, cast)}`)]
    case 'json':
    case 'jsonb': {
      // DuckDB takes NaN and a comma too many for JSON.
      const notJson = notOfType(
        `NOT ${matchesSql(text, jsonTokensPattern)} OR NOT json_valid(${text})`,
      )
      const deep = { condition: tooDeepSql(text), reason: tooDeep }
      return kind === 'json' ? [notJson, deep] : [notJson, deep, ...jsonbRules(text)]
    }
    default:
      return [notOfType(`${cast} IS NULL`)]
  }
}

/** What PostgreSQL's jsonb cannot hold. */
function jsonbRules(text: string): RejectRule[] {
  const bare = `regexp_replace(${text}, ${literal(jsonStringPattern)}, '', 'g')`
  return [
    {
      condition: `regexp_matches(${text}, ${literal(jsonNulPattern)})`,
      reason: 'a text in the JSON holds a NUL character',
    },
    {
      condition: `regexp_matches(${bare}, ${literal(jsonWideNumberPattern)})`,
      reason: 'a number in the JSON is too long',
    },
    { condition: tooLargeForJsonbSql(text), reason: 'the JSON is too large for jsonb' },
  ]
}
