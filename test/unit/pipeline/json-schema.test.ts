import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { pipelineJsonSchema } from '../../../src/pipeline/pipeline-schema.ts'
import { pipelineText } from './pipeline-text.ts'

const root = new URL('../../../', import.meta.url)
const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8')

describe('docs/pipeline.schema.json', () => {
  const text = readText('docs/pipeline.schema.json')

  test('is the schema of pipeline files', () => {
    const remedy = 'npm run --silent claimcheck -- pipelines schema > docs/pipeline.schema.json'
    assert.equal(text, `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`, remedy)
  })

  test('takes the samples and the example of docs/pipelines.md', () => {
    const schema = z.fromJSONSchema(pipelineJsonSchema())
    const samples = globSync('infra/sample-source/pipelines/*.yaml', { cwd: root })
    assert.ok(samples.length >= 2)
    const example = /```yaml\n(name:[^]*?)```/.exec(readText('docs/pipelines.md'))?.[1] ?? ''
    for (const file of [...samples.map(readText), example]) schema.parse(parse(file))
  })

  test('refuses what is no pipeline', () => {
    const schema = z.fromJSONSchema(pipelineJsonSchema())
    assert.ok(schema.safeParse(parse(pipelineText())).success)
    assert.ok(!schema.safeParse(parse(pipelineText({ unknown: '1' }))).success)
    const source = '{ kind: http, url: "http://source.invalid", fromat: csv }'
    assert.ok(!schema.safeParse(parse(pipelineText({ source }))).success)
    assert.ok(!schema.safeParse(parse(pipelineText({ columns: 'id' }))).success)
  })
})
