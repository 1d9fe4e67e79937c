import { MalformedThriftError, ThriftStruct, thriftType, type ThriftValue } from './thrift.ts'

const maxDepth = 64

/** @throws MalformedThriftError */
export function readThrift(bytes: Buffer): ThriftStruct {
  return new ThriftReader(bytes).struct(0)
}

/**
 * The struct that bytes begin with, and how many it takes.
 *
 * @throws MalformedThriftError
 */
export function readThriftStart(bytes: Buffer): {
  readonly struct: ThriftStruct
  readonly length: number
} {
  const reader = new ThriftReader(bytes)
  return { struct: reader.struct(0), length: reader.at }
}

class ThriftReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get at(): number {
    return this.#at
  }

  struct(depth: number): ThriftStruct {
    if (depth > maxDepth) throw new MalformedThriftError('structs are nested too deeply')
    const struct = new ThriftStruct()
    let id = 0
    for (;;) {
      const head = this.#byte()
      if (head === 0) return struct
      const type = head & 0x0f
      const step = head >> 4
      id = step === 0 ? Number(this.#integer()) : id + step
      struct.fields.set(id, { type, value: this.#value(type, depth, true) })
    }
  }

  #value(type: number, depth: number, isField: boolean): ThriftValue {
    switch (type) {
      case thriftType.true:
      case thriftType.false:
        // A field's type is its value; an element has a byte of its own.
        return isField ? type === thriftType.true : this.#byte() === thriftType.true
      case thriftType.byte:
        return (this.#byte() << 24) >> 24
      case thriftType.int16:
      case thriftType.int32:
      case thriftType.int64:
        return this.#integer()
      case thriftType.double:
        return this.#take(8).readDoubleLE()
      case thriftType.binary:
        return this.#take(this.#size())
      case thriftType.list:
      case thriftType.set: {
        const head = this.#byte()
        const count = head >> 4 === 15 ? this.#size() : head >> 4
        // Each element has a byte at least: a count beyond what is left is none.
        if (count > this.#bytes.length - this.#at) throw cutOff()
        const elementType = head & 0x0f
        const elements = Array.from({ length: count }, () =>
          this.#value(elementType, depth + 1, false),
        )
        return { elementType, elements }
      }
      case thriftType.struct:
        return this.struct(depth + 1)
      default:
        throw new MalformedThriftError('a field has a type that there is not')
    }
  }

  /** Zigzag: exact, as a bigint beyond 2^46. */
  #integer(): number | bigint {
    let value = 0
    let scale = 1
    for (let count = 0; count < 7; count += 1) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      scale *= 128
    }
    let wide = BigInt(value)
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      wide |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (wide >> 1n) ^ -(wide & 1n))
    }
    throw new MalformedThriftError('an integer has too many bytes')
  }

  #size(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new MalformedThriftError('a size is too large')
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw cutOff()
    this.#at += 1
    return byte
  }

  #take(count: number): Buffer {
    const end = this.#at + count
    if (end > this.#bytes.length) throw cutOff()
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}

function cutOff(): MalformedThriftError {
  return new MalformedThriftError('the bytes end too early')
}
