import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { mainScript } from '../support/run-cli.ts'
import { pipelineText } from '../unit/pipeline/pipeline-text.ts'

const columnCount = 11_000

let folder = ''
let file = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claimcheck-piped-output-'))
  file = join(folder, 'wide.yaml')
  const columns = Array.from(
    { length: columnCount },
    (_, index) => `\n  ${columnName(index)}: { type: bigint${index === 0 ? ', key: true' : ''} }`,
  )
  await writeFile(file, pipelineText({ name: 'wide', columns: columns.join('') }))
})
after(() => rm(folder, { recursive: true }))

function columnName(index: number): string {
  return `a_column_of_a_wide_table_with_a_name_of_63_bytes_${String(index).padStart(5, '0')}`
}

/** Through a pipe of the shell, which holds 64 KiB; the exit code is that of the command. */
async function piped(commandLine: string) {
  const child = spawn('bash', ['-c', commandLine, 'bash', process.execPath, mainScript, file], {
    env: { ...process.env, CLAIMCHECK_PIPELINES: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 180_000,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { stdout, stderr, exitCode: Number(exitCode) }
}

describe('the output of a command in a pipe', () => {
  test('is whole, however slow its reader is', async () => {
    const { stdout, stderr, exitCode } = await piped(
      '"$1" "$2" pipelines show --json "$3" | { sleep 1; cat; }; exit "${PIPESTATUS[0]}"',
    )
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.ok(stdout.length > 2 ** 20, `${stdout.length} bytes`)
    JSON.parse(stdout)
    assert.ok(stdout.includes(columnName(columnCount - 1)))
  })

  test('ends without a word where its reader goes, with the exit code of the command', async () => {
    const shown = await piped(
      '"$1" "$2" pipelines show --json "$3" | head -c 10; exit "${PIPESTATUS[0]}"',
    )
    assert.deepEqual(shown, { stdout: '{"type":"p', stderr: '', exitCode: 0 })
  })

  test('on standard error is whole as well, and the exit code that of the error', async () => {
    const { stdout, exitCode } = await piped(
      '"$1" "$2" "$(printf %0120000d 0)" 2>&1 >/dev/null | { sleep 1; cat; }; exit "${PIPESTATUS[0]}"',
    )
    assert.equal(exitCode, 2)
    assert.ok(stdout.length > 120_000, `${stdout.length} bytes`)
    assert.equal(stdout.at(-1), '\n')
  })
})
