import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pipelineText, problemsOf } from './pipeline-text.ts'

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['an empty file', '', /1:1: the file is empty/],
  ['comments only', '# nothing\n', /1:1: the file is empty/],
  ['a list', '- a\n', /1:1: must be a mapping/],
  ['a tab', 'source:\n\tkind: http\n', /2:1: a tab cannot indent/],
  ['two documents', `${pipelineText()}---\nname: b\n`, /5:1: .*here a second begins/],
  ['a duplicate key', `${pipelineText()}name: b\n`, /5:1 name: stands here twice/],
  ['an anchor', pipelineText({ name: '&n flights' }), /1:10 name: an anchor/],
  ['a tag', pipelineText({ name: '!!str flights' }), /name: a tag/],
  ['an unknown tag', pipelineText({ name: '!x flights' }), /Unresolved tag/],
  ['a directive', `%YAML 1.1\n---\n${pipelineText()}`, /1:1: a %YAML directive/],
  ['a merge key', `${pipelineText()}<<: { a: 1 }\n`, /5:1 "<<": is not a key here/],
  [
    'a prototype',
    pipelineText({ columns: '{ __proto__: text, a: { type: date, key: true } }' }),
    /cannot be a name/,
  ],
  ['a key of keys', `${pipelineText()}? [a]\n: b\n`, /a key must be plain text/],
  [
    'a bare reference',
    pipelineText({ source: '{ kind: http, headers: { a: ${K} } }' }),
    /must be in quotes: "\$\{NAME\}"/,
  ],
  ['deep nesting', '['.repeat(100_000), /nested too deeply|not valid YAML/],
  ['an open bracket', 'name: {', /not valid YAML/],
]

for (const [what, text, expected] of REFUSED) {
  test(`${what} is refused`, () => assert.match(problemsOf(text).join('\n'), expected))
}

test('aliases that would grow without end are refused unexpanded', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 30; level += 1) {
    const aliases = Array.from({ length: 9 }, () => `*a${level - 1}`)
    lines.push(`a${level}: &a${level} [${aliases.join(', ')}]`)
  }
  assert.match(problemsOf(lines.join('\n')).join('\n'), /2:10 a1: an anchor|an alias \(\*\) is not/)
})
