import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { apiDocument } from '../../../src/web/api/api-document.ts'
import { API_ROUTES } from '../../../src/web/api/api-routes.ts'

const jsonObject = z.record(z.string(), z.json())
const content = z.record(z.string(), z.strictObject({ schema: jsonObject }))

/** What OpenAPI 3.1 asks of the parts that this document has. */
const documentSchema = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(
      z.enum(['get', 'post']),
      z.strictObject({
        operationId: z.string(),
        summary: z.string(),
        description: z.string().optional(),
        parameters: z.array(
          z.strictObject({
            name: z.string(),
            in: z.enum(['path', 'query', 'header']),
            required: z.boolean(),
            description: z.string().optional(),
            schema: jsonObject,
          }),
        ),
        requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
        responses: z.record(
          z.string().regex(/^[1-5]\d\d$/),
          z.strictObject({ description: z.string(), content }),
        ),
      }),
    ),
  ),
  components: z.strictObject({
    securitySchemes: z.strictObject({
      token: z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
    }),
    schemas: z.strictObject({ Failure: jsonObject }),
  }),
})

const document: unknown = JSON.parse(JSON.stringify(apiDocument(API_ROUTES)))

describe('/openapi.json', () => {
  it('is a document of OpenAPI 3.1 whose parts fit together', () => {
    const { paths, components } = documentSchema.parse(document)
    const operationIds: string[] = []
    for (const [path, methods] of Object.entries(paths)) {
      for (const operation of Object.values(methods)) {
        operationIds.push(operation.operationId)
        const inPath = operation.parameters.filter((one) => one.in === 'path')
        assert.deepEqual(
          inPath.map(({ name, required }) => [name, required]),
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]),
          path,
        )
        const schemas = [
          ...operation.parameters.map(({ schema }) => schema),
          ...contentsOf(operation.requestBody),
          ...Object.values(operation.responses).flatMap(contentsOf),
        ]
        for (const schema of schemas) {
          if (schema['$ref'] === undefined) z.fromJSONSchema(schema)
          else assert.equal(schema['$ref'], '#/components/schemas/Failure')
        }
      }
    }
    z.fromJSONSchema(components.schemas.Failure)
    assert.equal(new Set(operationIds).size, operationIds.length)
    assert.equal(operationIds.length, API_ROUTES.length)
  })

  it('names in its schemas what the routes refuse', () => {
    const { paths } = documentSchema.parse(document)
    const body = paths['/etl/{pipeline}']?.post?.requestBody?.content['application/json']?.schema
    assert.ok(body)
    const schema = z.fromJSONSchema(body)
    assert.ok(schema.safeParse({ partition: '2001' }).success)
    assert.ok(!schema.safeParse({ partition: '2001', more: 1 }).success)
    assert.ok(!schema.safeParse({ refetch: true }).success)
  })

  it('is valid for another program too', (context) => {
    const script = 'import json, sys, openapi_spec_validator as v; v.validate(json.load(sys.stdin))'
    const python = process.env['OPENAPI_PYTHON'] ?? 'python3'
    if (spawnSync(python, ['-c', 'import openapi_spec_validator']).status !== 0) {
      context.skip(`${python} has no openapi-spec-validator; OPENAPI_PYTHON may name one that has`)
      return
    }
    const { status, stderr } = spawnSync(python, ['-c', script], {
      input: JSON.stringify(document),
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  })
})

function contentsOf(
  part: { readonly content: z.infer<typeof content> } | undefined,
): z.infer<typeof jsonObject>[] {
  return Object.values(part?.content ?? {}).map(({ schema }) => schema)
}
