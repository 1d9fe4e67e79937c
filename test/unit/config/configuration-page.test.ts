import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { SETTINGS, type Setting } from '../../../src/config/settings.ts'

const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
const rows = new Map(
  [...page.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$/gm)].map(
    ([, name = '', defaultValue = '', meaning = '']) => [name, { defaultValue, meaning }],
  ),
)

test('docs/configuration.md describes every setting, and no other', () => {
  assert.deepEqual(
    [...rows.keys()],
    SETTINGS.map(({ name }) => name),
  )
})

test('docs/configuration.md names no variable that is not a setting', () => {
  const names = [...page.matchAll(/`((?:CLAIMCHECK|TEMPORAL)_[A-Z_]+)`/g)].map(([, name]) => name)
  assert.ok(names.every((name) => name !== undefined && rows.has(name)))
})

for (const { name, defaultValue, secret } of SETTINGS satisfies readonly Setting[]) {
  test(`docs/configuration.md is right about ${name}`, () => {
    const row = rows.get(name)
    assert.equal(row?.meaning.includes('**Secret.**'), secret)
    if (defaultValue !== undefined) assert.equal(row?.defaultValue, `\`${defaultValue}\``)
    else assert.doesNotMatch(row?.defaultValue ?? '`', /`/)
  })
}
