/**
 * Thrift's compact protocol, as far as the footers of Parquet files use it: read as a tree, which can
 * be changed and written again.
 */
export const thriftType = {
  true: 1,
  false: 2,
  byte: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const

export type ThriftValue = boolean | number | bigint | Buffer | ThriftList | ThriftStruct

export interface ThriftList {
  readonly elementType: number
  readonly elements: ThriftValue[]
}

/** What is no such tree; its message holds no data. */
export class MalformedThriftError extends Error {}

/** A struct by the numbers of its fields; what is asked for as another type than it has is not there. */
export class ThriftStruct {
  readonly fields = new Map<number, { readonly type: number; readonly value: ThriftValue }>()

  /** An integer that counts or measures something. */
  integer(id: number): number | undefined {
    const value = this.fields.get(id)?.value
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
  }

  boolean(id: number): boolean | undefined {
    const value = this.fields.get(id)?.value
    return typeof value === 'boolean' ? value : undefined
  }

  text(id: number): string | undefined {
    const value = this.fields.get(id)?.value
    return Buffer.isBuffer(value) ? value.toString('utf8') : undefined
  }

  struct(id: number): ThriftStruct | undefined {
    const value = this.fields.get(id)?.value
    return value instanceof ThriftStruct ? value : undefined
  }

  structs(id: number): readonly ThriftStruct[] {
    const value = this.fields.get(id)?.value
    if (typeof value !== 'object' || !('elements' in value)) return []
    return value.elements.filter((element) => element instanceof ThriftStruct)
  }

  texts(id: number): readonly string[] {
    const value = this.fields.get(id)?.value
    if (typeof value !== 'object' || !('elements' in value)) return []
    return value.elements.filter((element) => Buffer.isBuffer(element)).map(String)
  }

  setInteger(id: number, value: number, type: 'int32' | 'int64' = 'int32'): this {
    this.fields.set(id, { type: thriftType[type], value })
    return this
  }

  setText(id: number, text: string): this {
    this.fields.set(id, { type: thriftType.binary, value: Buffer.from(text) })
    return this
  }

  setStruct(id: number, value: ThriftStruct): this {
    this.fields.set(id, { type: thriftType.struct, value })
    return this
  }

  setStructs(id: number, elements: readonly ThriftStruct[]): this {
    const value = { elementType: thriftType.struct, elements: [...elements] }
    this.fields.set(id, { type: thriftType.list, value })
    return this
  }

  /** Leaves out the fields that `isKept` is false for. */
  keep(isKept: (id: number) => boolean): this {
    for (const id of this.fields.keys()) if (!isKept(id)) this.fields.delete(id)
    return this
  }

  clone(): ThriftStruct {
    const copy = new ThriftStruct()
    for (const [id, field] of this.fields) copy.fields.set(id, field)
    return copy
  }
}
