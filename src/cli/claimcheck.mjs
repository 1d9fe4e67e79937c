#!/usr/bin/env node
// Plain JavaScript, for whatever Node the machine has: the program itself runs on Node 24, which
// reads TypeScript as it is and comes with the project's own dependencies.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

if (existsSync(main)) await run()
else {
  // The package carries the library alone: Node reads no TypeScript under node_modules, and the
  // commands need the embedded servers, DuckDB and PostgreSQL's driver, which no library should bring.
  process.stderr.write(
    'claimcheck: this package is the library claimcheck/codec (see docs/library.md in it).\n' +
      'The commands run from a checkout of the repository: there, run `npm run claimcheck -- --help`.\n',
  )
  process.exitCode = 1
}

async function run() {
  const { nodeFlags } = await import('../../infra/node-flags.mjs')
  const bundled = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
  const node = existsSync(bundled) ? bundled : process.execPath
  const child = spawn(node, [...nodeFlags, main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
