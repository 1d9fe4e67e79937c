import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import { createProgram } from '../../src/cli/create-program.ts'

const pages = [...globSync('*.md'), ...globSync('docs/*.md')]

/** The rows of the page: command to its options. */
function documentedCommands(): Map<string, string[]> {
  const commands = new Map<string, string[]>()
  let current: string[] = []
  for (const [, command, option] of readFileSync('docs/cli.md', 'utf8').matchAll(
    /^\| (?:`([a-z]+(?: [a-z]+)?)[^`]*`)? ?\| ?(?:`(--[a-z-]+)[^`]*`)? ?\|/gm,
  )) {
    if (command !== undefined) commands.set(command, (current = []))
    if (option !== undefined) current.push(option)
  }
  return commands
}

/** The commands that do something: `run`, and `pipelines ls` of a group such as `pipelines`. */
function realCommands(
  { commands }: Pick<CommandUnknownOpts, 'commands'>,
  group: readonly string[] = [],
): Map<string, string[]> {
  return new Map(
    commands.flatMap((command): (readonly [string, string[]])[] => {
      const words = [...group, command.name()]
      if (command.commands.length > 0) return [...realCommands(command, words)]
      return [[words.join(' '), command.options.map(({ long }) => long ?? '')]]
    }),
  )
}

describe('docs/cli.md', () => {
  test('has every command and option, and none that does not exist', async () => {
    const sorted = (commands: ReadonlyMap<string, readonly string[]>) =>
      Object.fromEntries([...commands].map(([name, options]) => [name, options.toSorted()]))
    assert.deepEqual(sorted(documentedCommands()), sorted(realCommands(await createProgram())))
  })
})

describe('the pages that name npm scripts', () => {
  test('name only scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }
    for (const page of pages) {
      for (const [, name = ''] of readFileSync(page, 'utf8').matchAll(
        /npm run (?:--silent )?([\w:]+)/g,
      )) {
        assert.ok(name in scripts, `${page}: npm run ${name}`)
      }
    }
  })

  test('name only files that exist', () => {
    for (const page of pages) {
      for (const [, path = ''] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)\)/g)) {
        assert.ok(existsSync(join(dirname(page), path)), `${page}: ${path}`)
      }
    }
  })
})
