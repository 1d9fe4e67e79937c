import { malformed } from './parquet-footer.ts'
import { ThriftStruct } from './thrift.ts'

/** Numbers of the fields in Parquet's `SchemaElement`. */
export const elementField = {
  type: 1,
  typeLength: 2,
  repetition: 3,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  logical: 10,
} as const

const physical = { int96: 3, byteArray: 6, fixedBytes: 7 } as const
const repeated = 2

/** Old annotations, which new writers give beside the logical types. */
const converted = {
  text: 0,
  map: 1,
  mapEntry: 2,
  list: 3,
  enumeration: 4,
  decimal: 5,
  timeMillis: 7,
  timeMicros: 8,
  timestampMillis: 9,
  timestampMicros: 10,
  json: 19,
  interval: 21,
} as const

/** Members of the union `LogicalType`. */
export const logical = {
  text: 1,
  map: 2,
  list: 3,
  enumeration: 4,
  decimal: 5,
  date: 6,
  time: 7,
  timestamp: 8,
  integer: 10,
  json: 12,
  uuid: 14,
  halfFloat: 15,
} as const

/** Parts of a second that a time of Parquet counts. */
export type TimeUnit = 'millis' | 'micros' | 'nanos'

/** What the values of a leaf are, where DuckDB is not left to say it. */
export type LeafForm =
  /** DuckDB's own type tells. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'text' }
  /** Bytes that are said to be UTF-8. */
  | { readonly kind: 'unchecked-text' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly isUtc: boolean }
  | { readonly kind: 'time'; readonly unit: TimeUnit }
  /** The timestamp of old writers: nanoseconds of a day and the day's Julian number. */
  | { readonly kind: 'int96' }
  /** More digits than DuckDB has. */
  | { readonly kind: 'wide-decimal' }

export interface NeutralSchema {
  /** `SchemaElement`s for DuckDB, in the order of the file. */
  readonly elements: readonly ThriftStruct[]
  /** What the elements are called in the file. */
  readonly names: readonly string[]
  /** Of the columns of a record. */
  readonly topNames: readonly string[]
  /** Of the leaves in order, which is that of the columns of a row group. */
  readonly leaves: readonly LeafForm[]
}

/** The name that DuckDB sees in place of an element's own. */
export const neutralName = { member: 'e', mapKey: 'k', mapValue: 'v' } as const

/**
 * The schema as DuckDB is shown it. Every name becomes one that no other name is like (DuckDB does not
 * see case), maps become lists of entries (DuckDB refuses keys that are null), and values that DuckDB
 * would round, shift or refuse become the plain numbers or bytes that they are kept as.
 *
 * @param options.bytesOnly Texts become bytes too: DuckDB refuses a whole file for one that is no UTF-8.
 * @param options.keepMaps Maps stay maps, as it takes to write them again.
 */
export function neutralSchema(
  elements: readonly ThriftStruct[],
  { bytesOnly, keepMaps = false }: { readonly bytesOnly: boolean; readonly keepMaps?: boolean },
): NeutralSchema {
  const names = elements.map((element) => element.text(elementField.name) ?? '')
  const neutral: ThriftStruct[] = []
  const leaves: LeafForm[] = []
  const topNames: string[] = []
  const walk = (prefix: string, isInMap: boolean, depth: number): void => {
    const index = neutral.length
    if (depth === 1) topNames.push(names[index] ?? '')
    const element = elements[index]
    if (element === undefined) throw malformed('the Parquet file is damaged: its schema is cut off')
    const copy = element.clone()
    copy.setText(elementField.name, `${prefix}${index}`)
    neutral.push(copy)
    const children = element.integer(elementField.children) ?? 0
    if (isLeaf(element)) {
      const form = leafForm(element)
      const shown: LeafForm = bytesOnly && form.kind === 'text' ? { kind: 'unchecked-text' } : form
      leaves.push(shown)
      showLeaf(copy, shown)
      return
    }
    const isEntry =
      isInMap && element.integer(elementField.repetition) === repeated && children === 2
    const isMap = hasAnnotation(element, [converted.map, converted.mapEntry], [logical.map])
    const isPair = elements[index + 1]?.integer(elementField.children) === 2
    if (keepMaps && isMap && isPair) annotate(copy, converted.map, logical.map)
    else if (isMap && !isEntry) annotate(copy, converted.list, logical.list)
    else if (!hasAnnotation(element, [converted.list], [logical.list])) annotate(copy)
    for (let child = 0; child < children; child += 1) {
      const entryPrefix = child === 0 ? neutralName.mapKey : neutralName.mapValue
      walk(isEntry ? entryPrefix : neutralName.member, isMap, depth + 1)
    }
  }
  walk(neutralName.member, false, 0)
  return { elements: neutral, names, topNames, leaves }
}

export function isLeaf(element: ThriftStruct): boolean {
  return (element.integer(elementField.children) ?? 0) === 0
}

function hasAnnotation(
  element: ThriftStruct,
  convertedTypes: readonly number[],
  logicalTypes: readonly number[],
): boolean {
  const type = element.struct(elementField.logical)
  if (type !== undefined) return logicalTypes.some((id) => type.fields.has(id))
  return convertedTypes.includes(element.integer(elementField.converted) ?? -1)
}

function annotate(element: ThriftStruct, convertedType?: number, logicalType?: number): void {
  element.keep((id) => id !== elementField.converted && id !== elementField.logical)
  if (convertedType === undefined || logicalType === undefined) return
  element.setInteger(elementField.converted, convertedType)
  const type = new ThriftStruct().setStruct(logicalType, new ThriftStruct())
  element.setStruct(elementField.logical, type)
}

function leafForm(element: ThriftStruct): LeafForm {
  const type = element.integer(elementField.type)
  if (type === physical.int96) return { kind: 'int96' }
  const logicalType = element.struct(elementField.logical)
  const timestamp = logicalType?.struct(logical.timestamp)
  if (timestamp !== undefined) {
    return { kind: 'timestamp', unit: unitOf(timestamp), isUtc: timestamp.boolean(1) ?? false }
  }
  const time = logicalType?.struct(logical.time)
  if (time !== undefined) return { kind: 'time', unit: unitOf(time) }
  const hasLogical = logicalType !== undefined
  switch (hasLogical ? undefined : element.integer(elementField.converted)) {
    case converted.timestampMillis:
      return { kind: 'timestamp', unit: 'millis', isUtc: true }
    case converted.timestampMicros:
      return { kind: 'timestamp', unit: 'micros', isUtc: true }
    case converted.timeMillis:
      return { kind: 'time', unit: 'millis' }
    case converted.timeMicros:
      return { kind: 'time', unit: 'micros' }
  }
  const textTypes = [logical.text, logical.enumeration, logical.json]
  const oldTextTypes = [converted.text, converted.enumeration, converted.json]
  if (hasAnnotation(element, oldTextTypes, textTypes)) return { kind: 'text' }
  if (hasAnnotation(element, [converted.decimal], [logical.decimal])) {
    const decimal = logicalType?.struct(logical.decimal)
    const precision = decimal?.integer(2) ?? element.integer(elementField.precision) ?? 0
    return precision > 38 ? { kind: 'wide-decimal' } : { kind: 'plain' }
  }
  if (type === physical.byteArray) return { kind: 'bytes' }
  const isPlainBytes = type === physical.fixedBytes && !isKnownFixed(element)
  return isPlainBytes ? { kind: 'bytes' } : { kind: 'plain' }
}

function isKnownFixed(element: ThriftStruct): boolean {
  return hasAnnotation(element, [converted.interval], [logical.uuid, logical.halfFloat])
}

function unitOf(type: ThriftStruct): TimeUnit {
  const unit = type.struct(2)
  if (unit?.fields.has(1) === true) return 'millis'
  return unit?.fields.has(2) === true ? 'micros' : 'nanos'
}

function showLeaf(element: ThriftStruct, form: LeafForm): void {
  switch (form.kind) {
    case 'plain':
      return
    case 'text':
      annotate(element, converted.text, logical.text)
      return
    case 'int96':
      element.setInteger(elementField.type, physical.fixedBytes)
      element.setInteger(elementField.typeLength, 12)
      annotate(element)
      return
    case 'unchecked-text':
    case 'bytes':
    case 'timestamp':
    case 'time':
    case 'wide-decimal':
      annotate(element)
  }
}
