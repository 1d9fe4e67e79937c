import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writeFlightsPipeline } from '../support/pipeline-fixture.ts'
import { startWebProcess } from '../support/web-process.ts'

const execute = promisify(execFile)
const main = resolve('src/cli/main.ts')
const partition = '2001-01-03'

let bed: LoadBed
let folder: string
before(async () => {
  bed = await openLoadBed()
  folder = await mkdtemp(join(tmpdir(), 'claimcheck-runbook-'))
  await bed.startWorker()
})
after(async () => {
  await bed?.close()
  await rm(folder, { recursive: true })
})

test('the runbook leads from a failure to a load, by its own commands', async () => {
  const name = uniqueName('flights')
  const pipelines = join(folder, 'pipelines')
  await mkdir(pipelines)
  await writeFlightsPipeline(pipelines, { name, columns: { origin: 'integer' }, maxRejects: 100 })
  const environment = { ...bed.environment, CLAIMCHECK_PIPELINES: pipelines }
  const bash = async (script: string) =>
    execute('bash', ['-euo', 'pipefail', '-c', `${claimcheck}\n${script}`], {
      cwd: folder,
      env: environment,
    })
  await assert.rejects(bash(`claimcheck run ${name} --partition ${partition} --wait`))
  const asked = requestsOf(bed)
  assert.ok(asked > 0)

  const runbook = await readFile('docs/runbook.md', 'utf8')
  const section = runbook.split(/^(?=## )/m).find((part) => part.startsWith('## From a failure'))
  const walk = section ?? assert.fail('the runbook has no walk')
  const blocks = [...walk.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
  assert.equal(blocks.length, 6)
  // Of the files and names of a test; one shell for all, since a later block uses what an earlier one found.
  const script = blocks.join('echo\n').replaceAll(/\bflights\b/g, name)
  const { stdout } = await bash(script)

  assert.match(stdout, /REJECT_LIMIT_EXCEEDED/)
  assert.match(stdout, /origin/)
  const [{ count } = {}] = await bed.database.query(`SELECT count(*)::int FROM ${tableOf(name)}`)
  assert.ok(Number(count) > 0, stdout)
  assert.ok(stdout.includes(`${Number(count).toLocaleString('en-US')} inserted`), stdout)
  assert.equal(requestsOf(bed), asked, 'the source was asked again')

  const web = await startWebProcess(environment)
  try {
    const paths = [...walk.matchAll(/`(\/[^`]*)`/g)].map(([, path = '']) => path)
    assert.equal(paths.length, 5)
    const texts = await Promise.all(
      paths.map(async (path) => {
        const url = `${web.url}${path.replaceAll('flights', name)}`
        const response = await fetch(url, { headers: { accept: 'text/html' } })
        assert.equal(response.status, 200, path)
        return response.text()
      }),
    )
    const [overview = '', pipeline = '', run = '', partitionText = '', health = ''] = texts
    assert.ok(overview.includes(`/datasets/${name}/${partition}`), overview)
    assert.ok(pipeline.includes(partition), pipeline)
    assert.match(run, /REJECT_LIMIT_EXCEEDED/)
    assert.match(partitionText, /First rows of the dataset/)
    assert.match(health, /PostgreSQL/)
  } finally {
    await web.stop()
  }
})

const claimcheck = `claimcheck() { '${process.execPath}' '${main}' "$@"; }`

function requestsOf({ source }: LoadBed): number {
  return source.stats().requests
}
