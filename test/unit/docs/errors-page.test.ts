import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

const codePattern = /'((?:[A-Z]+_)+[A-Z]+)'/g
const sources = globSync('{codec,activities,workflows,src,infra}/**/*.ts').map((file) => ({
  file,
  text: readFileSync(file, 'utf8'),
}))
const declared = new Set(
  sources
    .filter(({ file }) => file.endsWith('-error.ts'))
    .flatMap(
      ({ text }) => /export type \w+ErrorCode =([^\n]*(?:\n {2}\|[^\n]*)*)/.exec(text)?.[1] ?? '',
    )
    .flatMap((union) => [...union.matchAll(codePattern)].map(([, code = '']) => code)),
)
const thrownByWorkflows = new Set(
  sources
    .filter(({ file }) => file.startsWith('workflows/'))
    .flatMap(({ text }) =>
      [...text.matchAll(/type: '((?:[A-Z]+_)+[A-Z]+)'/g)].map(([, code = '']) => code),
    ),
)
const page = readFileSync('docs/errors.md', 'utf8')
const documented = [...page.matchAll(/^\| `((?:[A-Z]+_)+[A-Z]+)` \|/gm)].map(
  ([, code = '']) => code,
)

describe('docs/errors.md', () => {
  test('has every code once, and none that does not exist', () => {
    const all = new Set([...declared, ...thrownByWorkflows])
    assert.ok(all.size > 30, 'the codes were found')
    assert.deepEqual(documented.toSorted(), [...all].toSorted())
  })

  test('lists only codes that something throws', () => {
    const used = sources
      .filter(({ text }) => !text.includes('ErrorCode ='))
      .map(({ text }) => text)
      .join('\n')
    assert.deepEqual(
      documented.filter((code) => !used.includes(`'${code}'`)),
      [],
    )
  })
})
