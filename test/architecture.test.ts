import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'

/** Which rooms a room may import from, beside itself. Nothing may import `src/cli`. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  codec: [],
  activities: ['codec'],
  workflows: [],
  infra: ['codec'],
  src: ['codec', 'activities', 'workflows', 'infra'],
}

/** Rooms whose types, and only these, a room may use too. */
const typeArrows: Readonly<Record<string, readonly string[]>> = { workflows: ['activities'] }

/** Packages that a room may not use: it would know what it must not know. */
const forbiddenPackages: Readonly<Record<string, RegExp>> = {
  codec: /^(pg|@duckdb|@temporalio\/(worker|client|workflow))/,
  workflows: /^(?!@temporalio\/workflow$)/,
  activities: /^(pg|@aws-sdk|@temporalio\/(worker|client|workflow))/,
}

interface Import {
  readonly file: string
  readonly specifier: string
  readonly typesOnly: boolean
}

const files = globSync('{codec,activities,workflows,infra,src}/**/*.ts').map(normalize)
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
const imports = files.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const pattern = /^\s*(?:import|export)\s+(type\s+)?([^'";]*?\s+from\s+)?'([^']+)'/gm
  return [...(sources.get(file) ?? '').matchAll(pattern)].map(
    ([, type, names = '', specifier = '']) => ({
      file,
      specifier,
      typesOnly: type !== undefined || /^\{(\s*type\s[^,]*,?)+\s*\}\s+from\s+$/.test(names),
    }),
  )
}

function roomOf(path: string): string {
  return path.split('/')[0] ?? ''
}

const isLocal = ({ specifier }: Import): boolean => specifier.startsWith('.')
const target = ({ file, specifier }: Import): string => join(dirname(file), specifier)

describe('the rooms', () => {
  test('import only along the arrows', () => {
    const wrong = imports.filter(isLocal).filter((found) => {
      const from = roomOf(found.file)
      const to = roomOf(target(found))
      if (from === to || arrows[from]?.includes(to)) return false
      return !(found.typesOnly && typeArrows[from]?.includes(to))
    })
    assert.deepEqual(wrong, [])
  })

  test('let nothing import the command line', () => {
    const wrong = imports
      .filter(isLocal)
      .filter((found) => target(found).startsWith('src/cli/') && !found.file.startsWith('src/cli/'))
    assert.deepEqual(wrong, [])
  })

  test('use no package that they must not know', () => {
    const wrong = imports.filter(
      (found) =>
        !isLocal(found) &&
        !found.typesOnly &&
        forbiddenPackages[roomOf(found.file)]?.test(found.specifier),
    )
    assert.deepEqual(wrong, [])
  })

  test('keep workflows deterministic: no clock, no chance, no timer of the machine', () => {
    const wrong = files
      .filter((file) => roomOf(file) === 'workflows')
      .filter((file) =>
        /\bDate\b|Math\.random|setTimeout|\bprocess\.|node:/.test(sources.get(file) ?? ''),
      )
    assert.deepEqual(wrong, [])
  })

  test('were found: the check sees imports of every room', () => {
    for (const room of Object.keys(arrows)) {
      assert.ok(
        imports.some(({ file }) => roomOf(file) === room),
        room,
      )
    }
    assert.ok(imports.some((found) => found.typesOnly && target(found).startsWith('activities/')))
  })
})

describe('the modules', () => {
  const lineCounts = [...sources]
    .map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
    .toSorted((left, right) => left.lines - right.lines)

  test('are small: none over 300 lines, half of them under 100', () => {
    assert.deepEqual(
      lineCounts.filter(({ lines }) => lines > 300),
      [],
    )
    assert.ok((lineCounts[Math.floor(lineCounts.length / 2)]?.lines ?? 0) < 100)
  })

  test('have kebab-case names that say what is in them', () => {
    const wrong = files.filter((file) => {
      const name = basename(file, '.ts')
      return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || /^(utils?|helpers?|common|misc)$/.test(name)
    })
    assert.deepEqual(wrong, [])
  })

  test('have room indexes only as barrels', () => {
    const wrong = files.filter(
      (file) => basename(file) === 'index.ts' && file.split('/').length > 2,
    )
    assert.deepEqual(wrong, [])
  })
})
