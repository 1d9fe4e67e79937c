import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { numericBytes, writeNumeric } from '../../../src/targets/postgres/numeric-digits.ts'

function encode(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(numericBytes(text.length))
  const end = writeNumeric(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, text)
  return end === -1 ? undefined : bytes.subarray(0, end)
}

/** Reads a finite binary numeric back as text, digit group by digit group. */
function decode(bytes: Buffer): string {
  const weight = bytes.readInt16BE(2)
  const scale = bytes.readInt16BE(6)
  const digits = Array.from({ length: bytes.readInt16BE(0) }, (_, i) =>
    bytes.readInt16BE(8 + 2 * i),
  )
  assert.ok(digits.every((digit) => digit >= 0 && digit < 10_000))
  assert.notEqual(digits[0], 0, 'no leading zero group')
  assert.notEqual(digits.at(-1), 0, 'no trailing zero group')
  const unscaled = digits.reduce((sum, digit) => sum * 10_000n + BigInt(digit), 0n)
  const exponent = (weight + 1 - digits.length) * 4 + scale
  const shifted =
    exponent >= 0 ? unscaled * 10n ** BigInt(exponent) : unscaled / 10n ** BigInt(-exponent)
  const shown = shifted.toString().padStart(scale + 1, '0')
  const sign = bytes.readUInt16BE(4) === 0x4000 ? '-' : ''
  return `${sign}${shown.slice(0, shown.length - scale)}${scale > 0 ? `.${shown.slice(-scale)}` : ''}`
}

describe('numeric in binary', () => {
  it('keeps every digit and the number of fraction digits', () => {
    const text = fc
      .tuple(fc.boolean(), fc.bigInt(0n, 10n ** 38n - 1n), fc.integer({ min: 0, max: 38 }))
      .map(([negative, unscaled, scale]) => {
        const digits = unscaled.toString().padStart(scale + 1, '0')
        const whole = digits.slice(0, digits.length - scale)
        const fraction = scale > 0 ? `.${digits.slice(-scale)}` : ''
        return `${negative && unscaled > 0n ? '-' : ''}${whole}${fraction}`
      })
    fc.assert(
      fc.property(text, (value) => {
        const bytes = encode(value)
        assert.ok(bytes)
        assert.equal(decode(bytes), value)
      }),
      { numRuns: 2000 },
    )
  })

  it('writes the bytes that PostgreSQL sends', () => {
    const examples = {
      '0': '0000000000000000',
      '-0.00': '0000000000000002',
      '1': '00010000000000000001',
      '12345.678': '0003000100000003000109291a7c',
      '0.0001': '0001ffff000000040001',
      '-10000': '00010001400000000001',
      NaN: '00000000c0000000',
      Infinity: '00000000d0000000',
      '-Infinity': '00000000f0000000',
    }
    for (const [text, hex] of Object.entries(examples)) {
      assert.equal(encode(text)?.toString('hex'), hex, text)
    }
  })

  it('refuses what is not a plain decimal number', () => {
    for (const text of [
      '',
      '-',
      '.',
      '-.',
      '1e5',
      '1.2.3',
      '+1',
      ' 1',
      '1 ',
      '0x1',
      '1,5',
      '--1',
      '٣',
      'nan',
    ]) {
      assert.equal(encode(text), undefined, JSON.stringify(text))
    }
  })
})
