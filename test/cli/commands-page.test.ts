import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'

const execute = promisify(execFile)

const pages = [...globSync('*.md'), ...globSync('docs/*.md')]

const helps = new Map<string, Promise<string>>()

/** What `--help` prints; asked for once. */
function help(...words: string[]): Promise<string> {
  const command = words.join(' ')
  const text =
    helps.get(command) ??
    execute(process.execPath, ['src/cli/main.ts', ...words, '--help']).then(({ stdout }) => stdout)
  helps.set(command, text)
  return text
}

/** The rows of the page: command to its options. */
function documentedCommands(): Map<string, string[]> {
  const commands = new Map<string, string[]>()
  let current: string[] = []
  for (const [, command, option] of readFileSync('docs/cli.md', 'utf8').matchAll(
    /^\| (?:`([a-z]+(?: [a-z]+)?)[^`]*`)? ?\| ?(?:`(--[a-z]+)[^`]*`)? ?\|/gm,
  )) {
    if (command !== undefined) commands.set(command, (current = []))
    if (option !== undefined) current.push(option)
  }
  return commands
}

/** The commands that do something: `run`, and `pipelines ls` of a group such as `pipelines`. */
async function realCommands(...group: string[]): Promise<string[]> {
  const [, list = ''] = (await help(...group)).split('\nCommands:\n')
  const names = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name)
  const found = names
    .filter((name) => name !== 'help')
    .map(async (name) => {
      const inner = group.length === 0 ? await realCommands(name) : []
      return inner.length > 0 ? inner : [[...group, name].join(' ')]
    })
  return (await Promise.all(found)).flat()
}

describe('docs/cli.md', () => {
  test('has every command and option, and none that does not exist', async () => {
    const documented = documentedCommands()
    assert.deepEqual([...documented.keys()].toSorted(), (await realCommands()).toSorted())
    for (const [command, options] of documented) {
      const found = [...(await help(...command.split(' '))).matchAll(/^ {2}(?:-\w, )?(--[a-z]+)/gm)]
      const names = found.map(([, name = '']) => name).filter((name) => name !== '--help')
      assert.deepEqual(options.toSorted(), names.toSorted(), command)
    }
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
