import fc from 'fast-check'

/** One change of some bytes. */
export type Mutation = (bytes: Uint8Array) => Uint8Array

/** Anything that a line, a disk or a hand may do to bytes, once. */
export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.nat().map(flipBit) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(), fc.nat(255)).map(replaceByte) },
  { weight: 1, arbitrary: fc.nat().map(cutEnd) },
  { weight: 1, arbitrary: fc.nat().map(cutStart) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }).map(extend) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 60 })).map(splice),
  },
)

function flipBit(choice: number): Mutation {
  return (bytes) => {
    const copy = Buffer.from(bytes)
    const bit = choice % (copy.byteLength * 8)
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    return copy
  }
}

function replaceByte([choice, byte]: readonly [number, number]): Mutation {
  return (bytes) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(byte, choice % copy.byteLength)
    return copy
  }
}

function cutEnd(choice: number): Mutation {
  return (bytes) => bytes.subarray(0, choice % bytes.byteLength)
}

function cutStart(choice: number): Mutation {
  return (bytes) => bytes.subarray(1 + (choice % bytes.byteLength))
}

function extend(more: Uint8Array): Mutation {
  return (bytes) => Buffer.concat([bytes, more])
}

/** Some of the bytes come to stand in the place of others. */
function splice([from, to, lengthBytes]: readonly [number, number, number]): Mutation {
  return (bytes) => {
    const copy = Buffer.from(bytes)
    const start = from % copy.byteLength
    copy.copy(copy, to % copy.byteLength, start, Math.min(start + lengthBytes, copy.byteLength))
    return copy
  }
}
