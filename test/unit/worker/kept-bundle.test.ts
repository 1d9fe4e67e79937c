import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const module = (name: string) => import.meta.resolve(`../../../src/worker/${name}.ts`)

/** What an expression gives in a process that keeps compiled code there, or nowhere. */
function evaluate(expression: string, directory: string): unknown {
  const script = `
    const { keepBundle, keptBundlePath } = await import('${module('kept-bundle')}')
    const { bundleWorkflows } = await import('${module('bundle-workflows')}')
    console.log(JSON.stringify(${expression}) ?? null)`
  const environment = { ...process.env, NODE_COMPILE_CACHE: directory }
  const words = ['--input-type=module', '--eval', script]
  return JSON.parse(execFileSync(process.execPath, words, { env: environment, encoding: 'utf8' }))
}

test('a bundle is made once where Node keeps compiled code, for each way to make it', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'claimcheck-test-bundle-'))
  t.after(() => rmSync(directory, { recursive: true }))
  assert.equal(evaluate('await keptBundlePath([])', ''), null)
  const paths = evaluate(
    `await Promise.all([[], [], ['--traces']].map(keptBundlePath))`,
    directory,
  ) as string[]
  const [plain = '', again, traced = ''] = paths
  assert.equal(plain, again)
  assert.notEqual(plain, traced)
  assert.ok(plain.startsWith(directory))

  evaluate(`await keepBundle('${plain}', 'kept')`, directory)
  writeFileSync(traced, 'kept with traces')
  assert.deepEqual(
    evaluate(
      `await Promise.all([false, true].map((traces) => bundleWorkflows({ encryptsFailures: false, traces })))`,
      directory,
    ),
    [{ code: 'kept' }, { code: 'kept with traces' }],
  )
  const left = readdirSync(join(plain, '..')).filter((name) => name.startsWith('workflows-'))
  assert.equal(left.length, 2, 'and nothing unfinished')
})
