import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { parseKeys, staticKeys } from '../../../codec/index.ts'

const [one, two] = [randomBytes(32), randomBytes(32)]
const entry = (id: string, key: Uint8Array): string =>
  `${id}:${Buffer.from(key).toString('base64')}`
const invalid = { code: 'ENCRYPTION_KEYS_INVALID' }

describe('encryption keys as text', () => {
  it('are apart by commas or lines, with remarks; the first is current, names like numbers too', () => {
    for (const text of [
      `${entry('b', one)},${entry('7', two)}`,
      `# of this year\n\n  ${entry('b', one)} # current\r\n${entry('7', two)}\n`,
      ` ${entry('b', one)} ,, ${entry('7', two)},`,
    ]) {
      const keys = parseKeys(text)
      assert.equal(keys.current(), 'b')
      assert.deepEqual(keys.find('b'), one)
      assert.deepEqual(keys.find('7'), two)
      assert.equal(keys.find('c'), undefined)
    }
  })

  it('may be in the alphabet of URLs, padded or not', () => {
    const bytes = Buffer.alloc(32, 0xfb)
    for (const text of [bytes.toString('base64'), bytes.toString('base64url')]) {
      assert.deepEqual(parseKeys(`a:${text}`).find('a'), bytes)
    }
  })

  it('are refused, and not quoted, where they are none', () => {
    for (const text of [
      '',
      '# hunter2',
      'hunter2',
      'hunter2:',
      ':aHVudGVyMg==',
      'a:hunter2!',
      'a b:aHVudGVyMg==',
      `a:${Buffer.from('hunter2').toString('base64')}`,
      `${entry('a', one)},${entry('a', two)}`,
      entry('x'.repeat(65), one),
      entry('-a', one),
      `${entry('a', one)} ${entry('b', two)}`,
    ]) {
      const message = /^(?!.*(hunter2|aHVudGVyMg))/
      assert.throws(() => parseKeys(text), { ...invalid, message })
    }
  })
})

describe('encryption keys given once', () => {
  it('have a current one among them, the first where none is named', () => {
    const keys = { a: one, b: two }
    assert.equal(staticKeys({ keys }).current(), 'a')
    assert.equal(staticKeys({ keys, current: 'b' }).current(), 'b')
    assert.throws(() => staticKeys({ keys, current: 'c' }), invalid)
    assert.throws(() => staticKeys({ keys: {} }), invalid)
  })

  it('know no name that every object of JavaScript has', () => {
    const keys = staticKeys({ keys: { a: one } })
    assert.equal(keys.find('constructor'), undefined)
    assert.equal(keys.find('__proto__'), undefined)
  })
})
