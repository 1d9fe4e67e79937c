import { ThriftStruct, thriftType, type ThriftValue } from './thrift.ts'

/** The bytes that `readThrift` reads as this struct. */
export function writeThrift(struct: ThriftStruct): Buffer {
  const pieces: Uint8Array[] = []
  writeStruct(struct, pieces)
  return Buffer.concat(pieces)
}

function writeStruct(struct: ThriftStruct, pieces: Uint8Array[]): void {
  let previous = 0
  for (const [id, { type, value }] of [...struct.fields].toSorted(([a], [b]) => a - b)) {
    const step = id - previous
    if (step > 0 && step < 16) pieces.push(Uint8Array.of((step << 4) | type))
    else pieces.push(Uint8Array.of(type), integer(id))
    // A boolean field's type says what it is.
    if (typeof value !== 'boolean') writeValue(type, value, pieces)
    previous = id
  }
  pieces.push(Uint8Array.of(0))
}

function writeValue(type: number, value: ThriftValue, pieces: Uint8Array[]): void {
  if (typeof value === 'boolean') {
    pieces.push(Uint8Array.of(value ? thriftType.true : thriftType.false))
  } else if (type === thriftType.double) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(Number(value))
    pieces.push(bytes)
  } else if (type === thriftType.byte) {
    pieces.push(Uint8Array.of(Number(value) & 0xff))
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    pieces.push(integer(value))
  } else if (Buffer.isBuffer(value)) {
    pieces.push(variable(BigInt(value.length)), value)
  } else if (value instanceof ThriftStruct) {
    writeStruct(value, pieces)
  } else {
    const { elementType, elements } = value
    const count = elements.length
    if (count < 15) pieces.push(Uint8Array.of((count << 4) | elementType))
    else pieces.push(Uint8Array.of(0xf0 | elementType), variable(BigInt(count)))
    for (const element of elements) writeValue(elementType, element, pieces)
  }
}

/** Zigzag: small numbers of either sign are short. */
function integer(value: number | bigint): Uint8Array {
  const wide = BigInt(value)
  return variable(BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n)))
}

function variable(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}
