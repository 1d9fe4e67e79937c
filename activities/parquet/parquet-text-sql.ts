import type { LeafForm, TimeUnit } from './parquet-schema.ts'

/** What a column is for: it decides which text stands for a value. */
export type TextUse =
  /** The value to its last digit; bytes are UTF-8. */
  | 'text'
  /** The text of bytes that PostgreSQL reads as these. */
  | 'bytes'
  /** Times to the microsecond. */
  | 'moment'
  /** JSON, where it is a document already as it is. */
  | 'json'

const nanosecond = 1000
/** Stands in JSON for bytes that are no text; JSON itself has no such character. */
export const noText = 'chr(0)'
/** Of 4714-11-24 BC, which is PostgreSQL's first day. */
const firstMicrosecond = -210_866_803_200_000_000n
/** DuckDB's last but one: it keeps infinity as the last. */
const lastMicrosecond = 9_223_372_036_854_775_806n
const firstOfOurEra = -62_135_596_800_000_000n
const dayMicroseconds = 86_400_000_000n
const unixEpochJulianDay = 2_440_588
/** The last whole day before the last microsecond. */
const lastDay = lastMicrosecond / dayMicroseconds - 1n

/** A leaf's value as text; NULL where it is NULL. Throws for bytes that are to be text and are not. */
export function leafTextSql(value: string, form: LeafForm, type: string, use: TextUse): string {
  switch (form.kind) {
    case 'text':
      return value
    case 'unchecked-text':
      return `decode(${value})`
    case 'bytes':
    case 'wide-decimal':
      return use === 'bytes' ? hexSql(value) : `decode(${value})`
    case 'timestamp':
      return timestampSql(
        value,
        form.unit,
        form.isUtc ? (use === 'json' ? '+00:00' : '+00') : '',
        use,
      )
    case 'time':
      return timeSql(value, form.unit, use)
    case 'int96':
      return int96Sql(value, use)
    case 'plain':
      return plainSql(value, type)
  }
}

/** A leaf's value as JSON, inside a list or a struct; as PostgreSQL's `to_json` writes it. */
export function leafJsonSql(value: string, form: LeafForm, type: string): string {
  switch (form.kind) {
    case 'text':
      return `to_json(${value})::VARCHAR`
    case 'unchecked-text':
      return `CASE WHEN ${value} IS NOT NULL THEN coalesce(to_json(TRY(decode(${value})))::VARCHAR, ${noText}) END`
    case 'bytes':
    case 'wide-decimal':
      return `'"\\' || ${hexSql(value)} || '"'`
    case 'timestamp':
    case 'int96':
      return `'"' || regexp_replace(${leafTextSql(value, form, type, 'json')}, '^([0-9-]+) ', '\\1T') || '"'`
    case 'time':
      return `'"' || ${leafTextSql(value, form, type, 'text')} || '"'`
    case 'plain':
      break
  }
  const text = plainSql(value, type)
  if (type === 'BOOLEAN' || /INT|DECIMAL/.test(type)) return text
  // JSON has no number for these.
  if (isFloat(type))
    return `CASE WHEN isfinite(${value}) THEN ${text} ELSE '"' || ${text} || '"' END`
  return `'"' || ${text} || '"'`
}

/** Bytes as PostgreSQL writes them. */
export function hexSql(value: string): string {
  return `('\\x' || lower(hex(${value})))`
}

function isFloat(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE'
}

function plainSql(value: string, type: string): string {
  if (isFloat(type)) return floatSql(value)
  const text = `${value}::VARCHAR`
  const [, precision, scale] = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type) ?? []
  // DuckDB then leaves out the zero before the point, which JSON must have.
  if (scale !== undefined && scale === precision) {
    return `regexp_replace(${text}, '^(-?)[.]', '\\10.')`
  }
  if (type !== 'DATE') return text
  return `CASE WHEN ${value} < DATE '0001-01-01' THEN ${eraLastSql(text)} ELSE ${text} END`
}

/** As PostgreSQL writes it: whole numbers without a point. */
function floatSql(value: string): string {
  const text = `(${value}::DOUBLE)::VARCHAR`
  return `CASE WHEN isfinite(${value}) THEN
      CASE WHEN ends_with(${text}, '.0') THEN left(${text}, -2) ELSE ${text} END
    WHEN isnan(${value}) THEN 'NaN' WHEN ${value} > 0 THEN 'Infinity' WHEN ${value} < 0 THEN '-Infinity' END`
}

/** DuckDB has the era in the middle, PostgreSQL at the end. */
function eraLastSql(text: string): string {
  return `CASE WHEN contains(${text}, ' (BC)') THEN replace(${text}, ' (BC)', '') || ' BC' ELSE ${text} END`
}

function timestampSql(value: string, unit: TimeUnit, offset: string, use: TextUse): string {
  const raw = `${value}::BIGINT`
  switch (unit) {
    case 'micros':
      return `CASE WHEN ${raw} = 9223372036854775807 THEN 'infinity' WHEN ${raw} = -9223372036854775807 THEN '-infinity'
        ELSE ${microsecondsSql(raw, 1n, raw, offset)} END`
    case 'millis':
      return microsecondsSql(raw, 1000n, `${raw} * 1000`, offset)
    case 'nanos':
      return nanosecondsSql(`(${floorSql(raw)})`, restSql(raw), offset, use)
  }
}

/** @param micros The moment in microseconds, worked out only where the raw value is in range. */
function microsecondsSql(raw: string, scale: bigint, micros: string, offset: string): string {
  const range = `${raw} BETWEEN ${firstMicrosecond / scale} AND ${lastMicrosecond / scale}`
  return `CASE WHEN ${range} THEN ${momentSql(micros, offset)} ELSE ${outOfRangeSql(raw)} END`
}

function momentSql(micros: string, offset: string): string {
  const text = `make_timestamp(${micros})::VARCHAR`
  return `CASE WHEN ${micros} >= ${firstOfOurEra} THEN ${text} || '${offset}'
    ELSE replace(${text}, ' (BC)', '') || '${offset} BC' END`
}

/** What no type reads: the row is set aside, unless a text is wanted. */
function outOfRangeSql(raw: string): string {
  return `('beyond all times: ' || ${raw})`
}

function floorSql(raw: string): string {
  return `${raw} // ${nanosecond} - (CASE WHEN ${raw} % ${nanosecond} < 0 THEN 1 ELSE 0 END)`
}

function restSql(raw: string): string {
  return `((${raw} % ${nanosecond} + ${nanosecond}) % ${nanosecond})`
}

/** To the nearest microsecond, and to the even one of two: as PostgreSQL reads a fraction. */
function roundedSql(micros: string, rest: string): string {
  return `(${micros} + (CASE WHEN ${rest} > 500 OR (${rest} = 500 AND ${micros} % 2 <> 0) THEN 1 ELSE 0 END))`
}

function nanosecondsSql(micros: string, rest: string, offset: string, use: TextUse): string {
  if (use === 'moment') return momentSql(roundedSql(micros, rest), offset)
  const whole = momentSql(micros, offset)
  // Nine digits, where they are not zeros.
  const exact = `strftime(make_timestamp(${micros}), '%Y-%m-%d %H:%M:%S.%f') || lpad((${rest})::VARCHAR, 3, '0') || '${offset}'`
  return `CASE WHEN ${rest} = 0 THEN ${whole} ELSE ${exact} END`
}

function timeSql(value: string, unit: TimeUnit, use: TextUse): string {
  const raw = `${value}::BIGINT`
  const perMicrosecond = unit === 'nanos' ? BigInt(nanosecond) : 1n
  const scale = unit === 'millis' ? 1000n : 1n
  const last = (dayMicroseconds / scale) * perMicrosecond
  const text = (micros: string): string =>
    `CASE WHEN ${micros} = ${dayMicroseconds} THEN '24:00:00' ELSE make_timestamp(${micros})::TIME::VARCHAR END`
  let shown = text(`(${raw} * ${scale})`)
  if (unit === 'nanos') {
    const micros = `(${floorSql(raw)})`
    const exact = `strftime(make_timestamp(${micros}), '%H:%M:%S.%f') || lpad(${restSql(raw)}::VARCHAR, 3, '0')`
    shown =
      use === 'moment'
        ? text(roundedSql(micros, restSql(raw)))
        : `CASE WHEN ${restSql(raw)} = 0 THEN ${text(micros)} ELSE ${exact} END`
  }
  return `CASE WHEN ${raw} BETWEEN 0 AND ${last} THEN ${shown} ELSE ${outOfRangeSql(raw)} END`
}

/** Twelve bytes, the lowest first: nanoseconds of the day, and the day's Julian number. */
function int96Sql(value: string, use: TextUse): string {
  // As a list of one, so that each is worked out once.
  const parts = `[${int96PartsSql(value)}]`
  const micros = `(p.day * ${dayMicroseconds} + p.nanos // ${nanosecond})`
  const shown = nanosecondsSql(micros, `(p.nanos % ${nanosecond})`, '', use)
  const isMoment = `p.nanos BETWEEN 0 AND ${dayMicroseconds * BigInt(nanosecond)} AND p.day <= ${lastDay}`
  return `CASE WHEN ${value} IS NOT NULL THEN list_transform(${parts}, lambda p: CASE WHEN ${isMoment} THEN ${shown} ELSE 'beyond all times: \\x' || hex(${value}) END)[1] END`
}

/** The same as nanoseconds since 1970; NULL where 64 bits do not hold these. */
export function int96NanosecondsSql(value: string): string {
  const parts = int96PartsSql(value)
  const nanos = `p.day::HUGEINT * ${dayMicroseconds * BigInt(nanosecond)} + p.nanos`
  return `list_transform([${parts}], lambda p: TRY_CAST(${nanos} AS BIGINT))[1]`
}

function int96PartsSql(value: string): string {
  const hex = `hex(${value})`
  const pairs = (from: number, count: number): string =>
    Array.from({ length: count }, (_, byte) => from + (count - byte) * 2)
      .map((end) => `${hex}[${end - 1}:${end}]`)
      .join(' || ')
  const nanos = `TRY_CAST(('0x' || ${pairs(0, 8)}) AS BIGINT)`
  return `{nanos: coalesce(${nanos}, -1), day: ('0x' || ${pairs(16, 4)})::UINTEGER::BIGINT - ${unixEpochJulianDay}}`
}
