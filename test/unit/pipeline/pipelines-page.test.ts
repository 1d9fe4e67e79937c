import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { COLUMN_TYPE_NAMES } from '../../../src/pipeline/column-type.ts'
import { parsePartition } from '../../../src/pipeline/partition.ts'
import { allKeys } from '../../../src/pipeline/schema-keys.ts'
import { pipelineJsonSchema } from '../../../src/pipeline/pipeline-schema.ts'
import { problemsOf } from './pipeline-text.ts'

const page = await readFile(new URL('../../../docs/pipelines.md', import.meta.url), 'utf8')

test('docs/pipelines.md describes every key, and no other', () => {
  const table = page.slice(page.indexOf('| key |'), page.indexOf('## Types'))
  const described = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key]) => key)
  assert.equal(new Set(described).size, described.length)
  assert.deepEqual(new Set(described), new Set(allKeys()))
})

test('docs/pipelines.md names every type', () => {
  const section = page.slice(page.indexOf('## Types'), page.indexOf('Column and table names'))
  const named = [...section.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
  assert.deepEqual(new Set(named), new Set(COLUMN_TYPE_NAMES))
})

test('the example of docs/pipelines.md is a valid pipeline', () => {
  const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ''
  assert.deepEqual(problemsOf(example), [])
})

test('the partitions of docs/pipelines.md are partitions', () => {
  const table = page.slice(page.indexOf('| partition |'))
  const names = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? '')
  assert.equal(names.length, 5)
  assert.deepEqual(
    names.map((name) => parsePartition(name).name),
    names,
  )
})

test('the JSON Schema refuses keys that are unknown', () => {
  const { additionalProperties, required } = pipelineJsonSchema()
  assert.equal(additionalProperties, false)
  assert.deepEqual(required, ['name', 'source', 'columns', 'target'])
})
