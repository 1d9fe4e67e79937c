import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePipelineFile } from '../../../src/pipeline/parse-pipeline-file.ts'
import { pipelineText, problemsOf } from './pipeline-text.ts'

const sourceOf = (source: string) =>
  parsePipelineFile(pipelineText({ source }), 'flights.yaml').source
const problems = (source: string) => problemsOf(pipelineText({ source }))

describe('a source of kind postgres in a pipeline file', () => {
  const good = [
    '"${ERP_URL}", table: orders',
    '"postgres://reader:${ERP_PASSWORD}@db.internal:${PORT}/erp?sslmode=verify-full", table: a.b',
    '"postgresql://reader@[::1]/erp", table: a.b, split: { column: id, ranges: 4 }',
    '"${ERP_URL}?application_name=x", query: "SELECT * FROM t WHERE at > {interval.start};"',
  ]
  for (const rest of good) {
    it(`may be ${rest}`, () => {
      const { kind, format } = sourceOf(`{ kind: postgres, url: ${rest} }`)
      assert.deepEqual([kind, format], ['postgres', 'csv'])
    })
  }

  const bad: readonly (readonly [string, RegExp])[] = [
    ['"postgres://u:secret@h/d", table: t', /source\.url.*a password in clear text/],
    ['"postgres://h/d?password=secret", table: t', /source\.url.*a password in clear text/],
    ['"mysql://h/d", table: t', /must begin with postgres:\/\/ or a reference/],
    ['"h/d", table: t', /must begin with postgres/],
    ['"postgres://h/d#secret", table: t', /is not a connection URL/],
    ['"postgres://${A-B}@h/d", table: t', /a reference has the form/],
    ['"${A}"', /must name either a table or a query/],
    ['"${A}", table: t, query: "SELECT 1"', /must name either a table or a query/],
    ['"${A}", query: "DELETE FROM t"', /source\.query.*must be one SELECT/],
    [`"\${A}", query: "SELECT '{partition}'"`, /source\.query.*inside of quotes/],
    ['"${A}", table: t, split: { column: "", ranges: 2 }', /split\.column.*empty/],
    ['"${A}", table: t, split: { column: a, ranges: 65 }', /split\.ranges.*from 2 to 64/],
  ]
  for (const [rest, problem] of bad) {
    it(`may not be ${rest}`, () => {
      const found = problems(`{ kind: postgres, url: ${rest} }`)
      assert.equal(found.length, 1, found.join('\n'))
      assert.match(found[0] ?? '', problem)
      assert.doesNotMatch(found[0] ?? '', /secret@|=secret|#secret/)
    })
  }
})

describe('a source of kind module in a pipeline file', () => {
  it('has a path and options, whose secrets are references', () => {
    const source = '{ kind: module, path: a/erp.ts, options: { password: "${P}", pages: 5 } }'
    assert.deepEqual(sourceOf(source), {
      kind: 'module',
      path: 'a/erp.ts',
      options: { password: '${P}', pages: '5' },
      format: 'ndjson',
      records: [],
    })
  })

  const bad: readonly (readonly [string, RegExp])[] = [
    ['../erp.ts', /source\.path.*stay within the directories of CLAIMCHECK_MODULES/],
    ['/erp.ts', /source\.path.*stay within/],
    ['erp.py', /source\.path.*must end in \.ts/],
    ['erp.ts, options: { api_key: secret }', /options\.api_key.*a secret in clear text/],
    ['erp.ts, options: { a: "${A-B}" }', /options\.a.*a reference has the form/],
  ]
  for (const [rest, problem] of bad) {
    it(`may not be ${rest}`, () => {
      const found = problems(`{ kind: module, path: ${rest} }`)
      assert.equal(found.length, 1, found.join('\n'))
      assert.match(found[0] ?? '', problem)
    })
  }
})
