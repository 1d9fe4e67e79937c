import type { z } from 'zod'
import type { FieldPath } from './pipeline-problem.ts'
import { pipelineJsonSchema } from './pipeline-schema.ts'

type Schema = z.core.JSONSchema.JSONSchema

/** The `kind` that a file gives the mapping at a path; undefined where it gives none. */
type KindAt = (path: FieldPath) => string | undefined

/** The keys that may stand in the mapping at a path: of its kind, where the file says one. */
export function knownKeys(path: FieldPath, kindAt: KindAt = noKind): string[] {
  const schemas = ofKind(schemasAt(path, kindAt), kindAt(path))
  return unique(schemas.flatMap((schema) => Object.keys(schema.properties ?? {})))
}

/** The values that may stand at a path, where they can be listed. */
export function knownValues(path: FieldPath, kindAt: KindAt = noKind): string[] {
  const values = schemasAt(path, kindAt).flatMap(
    (schema) => schema.enum ?? [schema.const ?? []].flat(),
  )
  return unique(values.filter((value) => typeof value === 'string'))
}

/** Every key that a file can have, as `source.next.path`; `*` stands for a name of one's own. */
export function allKeys(path: FieldPath = []): string[] {
  const here = path.length === 0 ? [] : [path.join('.')]
  const names = knownKeys(path)
  if (hasFreeNames(path)) names.push('*')
  return [...here, ...names.flatMap((name) => allKeys([...path, name]))]
}

function schemasAt(path: FieldPath, kindAt: KindAt = noKind): Schema[] {
  return path.reduce<Schema[]>(
    (schemas, key, depth) =>
      ofKind(schemas, kindAt(path.slice(0, depth))).flatMap((schema) =>
        alternatives(schema.properties?.[key] ?? schema.additionalProperties),
      ),
    alternatives(pipelineJsonSchema()),
  )
}

function noKind(): undefined {
  return undefined
}

/** The alternatives of that kind; all of them where there is none. */
function ofKind(schemas: Schema[], kind: string | undefined): Schema[] {
  const fitting = schemas.filter(({ properties }) => {
    const own = properties?.['kind']
    return typeof own === 'object' && kind !== undefined && own.const === kind
  })
  return fitting.length === 0 ? schemas : fitting
}

function hasFreeNames(path: FieldPath): boolean {
  return schemasAt(path).some(
    ({ additionalProperties }) => typeof additionalProperties === 'object',
  )
}

/** The schemas behind `anyOf` and `oneOf`, or the schema itself. */
function alternatives(schema: Schema | boolean | undefined): Schema[] {
  if (typeof schema !== 'object') return []
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  return inner.length === 0 ? [schema] : inner.flatMap(alternatives)
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
