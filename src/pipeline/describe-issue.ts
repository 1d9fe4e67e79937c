import type { z } from 'zod'
import { suggestion } from './suggestion.ts'
import type { FieldPath, PipelineProblem } from './pipeline-problem.ts'
import { knownKeys, knownValues } from './schema-keys.ts'
import type { YamlTree } from './yaml-tree.ts'

type Issue = z.core.$ZodIssue

const EXPECTATIONS: Readonly<Record<string, string>> = {
  string: 'must be text: write it in quotes',
  boolean: 'must be true or false',
  number: 'must be a number',
  object: 'must be a mapping of keys to values',
  record: 'must be a mapping of keys to values',
}

/** What the schema found, in the words of the file: one problem or more for each issue. */
export function describeIssue(
  tree: YamlTree,
  issue: Issue,
  parent: FieldPath = [],
): PipelineProblem[] {
  const path = [...parent, ...issue.path.map(String)]
  if (!tree.has(path)) return [tree.problem(path, 'is missing')]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        tree.problem([...path, key], unknownKey(tree, path, key), 'key'),
      )
    case 'invalid_union':
      return describeUnion(tree, issue, path)
    case 'invalid_value':
      return [tree.problem(path, unknownValue(tree, path))]
    case 'invalid_type':
      return [tree.problem(path, typeMessage(issue))]
    default: {
      const onKey = issue.code === 'custom' && issue.params?.['onKey'] === true
      return [tree.problem(path, issue.message, onKey ? 'key' : 'value')]
    }
  }
}

function describeUnion(
  tree: YamlTree,
  issue: z.core.$ZodIssueInvalidUnion,
  path: FieldPath,
): PipelineProblem[] {
  if (issue.errors.length === 0) return [tree.problem(path, unknownValue(tree, path))]
  // The alternatives are told apart by their YAML kind: the one that was meant complains of what is
  // inside it, the others of the kind. Where none was, the short form comes first.
  const meant = issue.errors.find((issues) =>
    issues.some(
      (inner) =>
        inner.path.length > 0 || inner.code === 'custom' || inner.code === 'unrecognized_keys',
    ),
  )
  if (meant === undefined && !issue.message.startsWith('Invalid')) {
    return [tree.problem(path, issue.message)]
  }
  const described = meant ?? issue.errors.at(tree.text(path) === '' ? -1 : 0) ?? []
  return described.flatMap((inner) => describeIssue(tree, inner, path))
}

function typeMessage({ message, expected, input }: z.core.$ZodIssueInvalidType): string {
  if (input === null) return 'has no value'
  // Our schemas' own messages begin in lower case; zod's do not.
  if (!message.startsWith('Invalid')) return message
  if (expected === 'string' && typeof input === 'object') return 'must be text'
  return EXPECTATIONS[expected] ?? `must be of type ${expected}`
}

function unknownKey(tree: YamlTree, path: FieldPath, key: string): string {
  const known = knownKeys(path, kindIn(tree))
  return `is not a key here${suggestion(key, known)}; there are ${known.join(', ')}`
}

function unknownValue(tree: YamlTree, path: FieldPath): string {
  const value = tree.text(path)
  if (value === '') return 'has no value'
  const known = knownValues(path, kindIn(tree))
  return `${value} is unknown${suggestion(value, known)}; there is ${known.join(', ')}`
}

function kindIn(tree: YamlTree): (path: FieldPath) => string {
  return (path) => tree.text([...path, 'kind'])
}
