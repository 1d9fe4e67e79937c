import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import type { FieldPath, PipelineProblem } from './pipeline-problem.ts'
import { readYamlNode } from './read-yaml-node.ts'
import { yamlSyntaxProblems } from './yaml-syntax-problems.ts'

/** A parsed file that still knows where each value stands. */
export interface YamlTree {
  readonly value: unknown
  /** Whether something stands there, be it an empty value. */
  has(path: FieldPath): boolean
  /** A plain value as it is written; '' for an empty one and for what is not a plain value. */
  text(path: FieldPath): string
  /** The keys of the mapping there, in the file's order. */
  keys(path: FieldPath): readonly string[]
  /** The problem at a value or its key; at the nearest that is there when the value is missing. */
  problem(path: FieldPath, message: string, where?: 'key' | 'value'): PipelineProblem
}

/**
 * Parses one YAML document of mappings, sequences and plain values. Whatever else YAML has (aliases,
 * tags, directives, several documents) is a problem.
 */
export function parseYamlTree(text: string): { tree?: YamlTree; problems: PipelineProblem[] } {
  const lines = new LineCounter()
  let document: Document.Parsed
  try {
    // Duplicate keys are found by our own walk, which knows their paths.
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { problems: [{ line: 1, column: 1, path: [], message: 'is nested too deeply' }] }
  }
  const place = (offset: number, path: FieldPath, message: string): PipelineProblem => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col, path, message }
  }
  const syntaxProblems = yamlSyntaxProblems(document, text)
  if (syntaxProblems.length > 0) {
    return { problems: syntaxProblems.map(({ offset, message }) => place(offset, [], message)) }
  }
  const problems: PipelineProblem[] = []
  const value = readYamlNode(document.contents, [], (offset, path, message) =>
    problems.push(place(offset, path, message)),
  )
  const tree: YamlTree = {
    value,
    has: (path) => nodeAt(document.contents, path) !== undefined,
    text: (path) => scalarText(nodeAt(document.contents, path)),
    keys: (path) => {
      const node = nodeAt(document.contents, path)
      return isMap(node) ? node.items.map((pair) => scalarText(pair.key)) : []
    },
    problem: (path, message, where = 'value') =>
      place(offsetOf(document.contents, path, where), path, message),
  }
  return { tree, problems }
}

function scalarText(node: unknown): string {
  return isScalar(node) ? (node.source ?? '') : ''
}

function pairAt(node: unknown, key: string) {
  return isMap(node) ? node.items.find((pair) => scalarText(pair.key) === key) : undefined
}

function nodeAt(root: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (node, key) => (isSeq(node) ? node.items[Number(key)] : pairAt(node, key)?.value),
    root,
  )
}

function offsetOf(root: unknown, path: FieldPath, where: 'key' | 'value'): number {
  const last = path.at(-1)
  if (last === undefined) return startOf(root) ?? 0
  const parent = path.slice(0, -1)
  const pair = pairAt(nodeAt(root, parent), last)
  const value = pair === undefined ? nodeAt(root, path) : pair.value
  const offset = where === 'key' ? startOf(pair?.key) : (startOf(value) ?? startOf(pair?.key))
  return offset ?? offsetOf(root, parent, 'key')
}

function startOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined
}
