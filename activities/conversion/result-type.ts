import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBTypeId,
  type DuckDBType,
} from '@duckdb/node-api'
import type { ColumnType, ScalarType } from '../pipeline-definition.ts'

/** What a column that SQL makes becomes in the table. */
export interface ResultType {
  readonly type: ColumnType
  /** The SQL value in the DuckDB type of `type`; NULL where it does not fit. */
  readonly toValue: (value: string) => string
  /** Whether a value may not fit. */
  readonly isNarrower: boolean
}

/** The type that a column of the result has; undefined where PostgreSQL has none that holds it. */
export function resultTypeOf(type: DuckDBType): ResultType | undefined {
  const scalar = scalarOf(type)
  if (scalar !== undefined) return scalar
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    const element = scalarOf(type.valueType)
    if (element === undefined) {
      return resultTypeOf(type.valueType) === undefined ? undefined : asJson
    }
    return {
      type: { kind: 'array', element: element.type },
      toValue: (value) => `list_transform(${value}, lambda element: ${element.toValue('element')})`,
      isNarrower: element.isNarrower,
    }
  }
  // What is inside of these is written as text.
  return type.typeId === DuckDBTypeId.STRUCT || type.typeId === DuckDBTypeId.MAP
    ? asJson
    : undefined
}

const asJson: ResultType = {
  type: { kind: 'jsonb' },
  toValue: (value) => `CAST(to_json(${value}) AS VARCHAR)`,
  isNarrower: false,
}

interface ResultScalar extends ResultType {
  readonly type: ScalarType
}

function scalarOf(type: DuckDBType): ResultScalar | undefined {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return plain('boolean')
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.UTINYINT:
      return cast({ kind: 'smallint' }, 'SMALLINT')
    case DuckDBTypeId.SMALLINT:
      return plain('smallint')
    case DuckDBTypeId.USMALLINT:
      return cast({ kind: 'integer' }, 'INTEGER')
    case DuckDBTypeId.INTEGER:
      return plain('integer')
    case DuckDBTypeId.UINTEGER:
      return cast({ kind: 'bigint' }, 'BIGINT')
    case DuckDBTypeId.BIGINT:
      return plain('bigint')
    case DuckDBTypeId.UBIGINT:
      return cast({ kind: 'numeric', precision: 20, scale: 0 }, 'DECIMAL(20, 0)')
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return narrower({ kind: 'numeric', precision: 38, scale: 0 }, (value) =>
        tryCast(value, 'DECIMAL(38, 0)'),
      )
    case DuckDBTypeId.DECIMAL:
      return type instanceof DuckDBDecimalType
        ? same({ kind: 'numeric', precision: type.width, scale: type.scale })
        : undefined
    case DuckDBTypeId.FLOAT:
      return cast({ kind: 'double' }, 'DOUBLE')
    case DuckDBTypeId.DOUBLE:
      return plain('double')
    case DuckDBTypeId.VARCHAR:
      return type.alias === 'JSON' ? cast({ kind: 'jsonb' }, 'VARCHAR') : plain('text')
    case DuckDBTypeId.ENUM:
      return cast({ kind: 'text' }, 'VARCHAR')
    case DuckDBTypeId.DATE:
      return plain('date')
    case DuckDBTypeId.TIME:
      return plain('time')
    case DuckDBTypeId.TIMESTAMP:
      return plain('timestamp')
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return narrower({ kind: 'timestamp' }, (value) => tryCast(value, 'TIMESTAMP'))
    case DuckDBTypeId.TIMESTAMP_NS:
      // PostgreSQL keeps microseconds: what is finer is not cut off.
      return narrower(
        { kind: 'timestamp' },
        (value) =>
          `CASE WHEN NOT isfinite(${value}) OR epoch_ns(${value}) % 1000 = 0 THEN ${tryCast(value, 'TIMESTAMP')} END`,
      )
    case DuckDBTypeId.TIMESTAMP_TZ:
      return plain('timestamptz')
    case DuckDBTypeId.UUID:
      return plain('uuid')
    case DuckDBTypeId.BLOB:
      return plain('bytea')
    default:
      return undefined
  }
}

function plain(kind: Exclude<ScalarType['kind'], 'numeric'>): ResultScalar {
  return same({ kind })
}

function same(type: ScalarType): ResultScalar {
  return { type, toValue: (value) => value, isNarrower: false }
}

/** To a DuckDB type that holds every value. */
function cast(type: ScalarType, duckDbType: string): ResultScalar {
  return { type, toValue: (value) => `CAST(${value} AS ${duckDbType})`, isNarrower: false }
}

function narrower(type: ScalarType, toValue: (value: string) => string): ResultScalar {
  return { type, toValue, isNarrower: true }
}

function tryCast(value: string, duckDbType: string): string {
  return `TRY_CAST(${value} AS ${duckDbType})`
}
