import { isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from 'yaml'
import type { FieldPath } from './pipeline-problem.ts'

type Report = (offset: number, path: FieldPath, message: string) => void

/** A YAML node as plain data. Reports what YAML has and a pipeline file has not. */
export function readYamlNode(node: unknown, path: FieldPath, report: Report): unknown {
  // Written-out files cannot blow up, and they read the same to people and to machines.
  if (isAlias(node)) {
    report(node.range?.[0] ?? 0, path, 'an alias (*) is not supported: write the value out')
    return null
  }
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return null
  const offset = node.range?.[0] ?? 0
  if (node.anchor !== undefined) report(offset, path, 'an anchor (&) is not supported')
  if (node.tag !== undefined) report(offset, path, 'a tag (!) is not supported')
  if (isMap(node)) return readMap(node, path, report)
  if (isSeq(node)) {
    return node.items.map((item, index) => readYamlNode(item, [...path, String(index)], report))
  }
  return readScalar(node, path, report)
}

function readMap(map: YAMLMap, path: FieldPath, report: Report): Record<string, unknown> {
  const entries = new Map<string, unknown>()
  for (const { key, value } of map.items) {
    if (!isScalar(key)) {
      report(map.range?.[0] ?? 0, path, 'a key must be plain text')
      continue
    }
    const offset = key.range?.[0] ?? 0
    // As written: a column may be called 1 or null.
    const name = key.source ?? ''
    const at = [...path, name]
    if (name === '__proto__') report(offset, at, 'cannot be a name')
    if (key.anchor !== undefined) report(offset, at, 'an anchor (&) is not supported')
    if (key.tag !== undefined) report(offset, at, 'a tag (!) is not supported')
    if (entries.has(name)) report(offset, at, 'stands here twice')
    entries.set(name, readYamlNode(value, at, report))
  }
  return Object.fromEntries(entries)
}

function readScalar(scalar: Scalar, path: FieldPath, report: Report): unknown {
  const { source, value } = scalar
  if (source?.includes('${') === true && !allowsReferences(path)) {
    const message =
      'a reference is resolved in the url, the path, query and header values, auth, s3 and options only'
    report(scalar.range?.[0] ?? 0, path, message)
  }
  // What is sent is what was written: 1.10 and 012 are no numbers here.
  return value !== null && source !== undefined && isText(path) ? source : value
}

/** Texts whatever they look like; `*` stands for any name. */
const texts = [
  'source.query.*',
  'source.headers.*',
  'source.auth.*',
  'source.options.*',
  'source.s3.*',
  'target.s3.*',
  'columns.*.default',
  'incremental.initial',
  'checks.*.range.min',
  'checks.*.range.max',
].map((pattern) => pattern.split('.'))

/** Where a reference is resolved, beside the texts of a source. */
const referring = ['source.url', 'source.path', 'source.path.*'].map((pattern) =>
  pattern.split('.'),
)

function isText(path: FieldPath): boolean {
  return path.join('.') !== 'source.auth.kind' && isOneOf(texts, path)
}

function allowsReferences(path: FieldPath): boolean {
  return isOneOf(referring, path) || (/^(source|target)$/.test(path[0] ?? '') && isText(path))
}

function isOneOf(patterns: readonly (readonly string[])[], path: FieldPath): boolean {
  return patterns.some(
    (pattern) =>
      pattern.length === path.length &&
      pattern.every((name, index) => name === '*' || name === path[index]),
  )
}
