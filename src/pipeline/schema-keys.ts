import type { z } from 'zod'
import type { FieldPath } from './pipeline-problem.ts'
import { pipelineJsonSchema } from './pipeline-schema.ts'

type Schema = z.core.JSONSchema.JSONSchema

/** The keys that may stand in the mapping at a path. */
export function knownKeys(path: FieldPath): string[] {
  return unique(schemasAt(path).flatMap((schema) => Object.keys(schema.properties ?? {})))
}

/** The values that may stand at a path, where they can be listed. */
export function knownValues(path: FieldPath): string[] {
  const values = schemasAt(path).flatMap((schema) => schema.enum ?? [schema.const ?? []].flat())
  return unique(values.filter((value) => typeof value === 'string'))
}

/** Every key that a file can have, as `source.next.path`; `*` stands for a name of one's own. */
export function allKeys(path: FieldPath = []): string[] {
  const here = path.length === 0 ? [] : [path.join('.')]
  const names = knownKeys(path)
  if (hasFreeNames(path)) names.push('*')
  return [...here, ...names.flatMap((name) => allKeys([...path, name]))]
}

function schemasAt(path: FieldPath): Schema[] {
  return path.reduce<Schema[]>(
    (schemas, key) =>
      schemas.flatMap((schema) =>
        alternatives(schema.properties?.[key] ?? schema.additionalProperties),
      ),
    alternatives(pipelineJsonSchema()),
  )
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
