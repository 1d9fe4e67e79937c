import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { listPipelines } from '../../../src/pipeline/list-pipelines.ts'
import { loadPipeline } from '../../../src/pipeline/load-pipeline.ts'
import { targetPlace } from '../../../src/pipeline/target-place.ts'
import { pipelineDirectories } from '../../../src/pipeline/pipeline-directories.ts'
import { pipelineText } from './pipeline-text.ts'

let root = ''
let project = ''
let shared = ''

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'claimcheck-pipelines-'))
  project = join(root, 'pipelines')
  shared = join(root, 'shared')
  await mkdir(project)
  await mkdir(shared)
  const other = pipelineText({ target: '{ kind: postgres, table: shared.flights, mode: merge }' })
  await writeFile(join(project, 'flights.yaml'), pipelineText())
  await writeFile(join(project, 'broken.yml'), 'name: broken\n')
  await writeFile(join(project, 'README.md'), 'no pipeline')
  await writeFile(join(shared, 'flights.yaml'), other)
  await writeFile(join(shared, 'latin.yaml'), Buffer.from('name: latin\n# \xe9\n', 'latin1'))
  await writeFile(join(shared, 'marked.yaml'), `\u{feff}${pipelineText({ name: 'marked' })}`)
  await writeFile(join(shared, 'large.yaml'), ' '.repeat(2 << 20))
})
after(() => rm(root, { recursive: true }))

test('the first directory that has the name is used', async () => {
  const placeIn = async (...directories: string[]) =>
    targetPlace((await loadPipeline('flights', directories)).target)
  assert.match(await placeIn(project, shared), /^public\./)
  assert.match(await placeIn(shared, project), /^shared\./)
})

test('an unknown name says where it was looked for, and what is near', async () => {
  await assert.rejects(loadPipeline('flihgts', [project, join(root, 'gone')]), (error) => {
    assert.ok(error instanceof Error && 'code' in error && 'remedy' in error)
    assert.equal(error.code, 'PIPELINE_NOT_FOUND')
    assert.ok(error.message.includes('did you mean flights?'))
    assert.ok(error.message.includes(project) && error.message.includes('gone'))
    assert.equal(error.remedy, 'There are: broken, flights.')
    return true
  })
})

test('a name cannot lead out of the directories', async () => {
  for (const name of ['../shared/flights', 'Flights', '', 'a'.repeat(64)]) {
    await assert.rejects(loadPipeline(name, [project]), { code: 'PIPELINE_NOT_FOUND' })
  }
})

test('files that are not UTF-8, or far too large, are refused', async () => {
  await assert.rejects(loadPipeline('latin', [shared]), {
    code: 'PIPELINE_INVALID',
    message: /latin\.yaml:2:1: is not UTF-8/,
  })
  await assert.rejects(loadPipeline('large', [shared]), { message: /larger than 1 MiB/ })
  assert.equal((await loadPipeline('marked', [shared])).name, 'marked')
})

test('a broken file is listed as such beside the others', async () => {
  const listed = await listPipelines([project])
  assert.deepEqual(
    listed.map(({ name, kind }) => [name, kind]),
    [
      ['broken', 'invalid'],
      ['flights', 'valid'],
    ],
  )
})

test('the directories are the project, the configured ones and the samples', async () => {
  const directories = pipelineDirectories({ workingDirectory: root, configured: [shared] })
  assert.deepEqual(directories.slice(0, 2), [project, shared])
  const samples = await listPipelines(directories.slice(2))
  assert.deepEqual(
    samples.map(({ name, kind }) => [name, kind]),
    [
      ['airports', 'valid'],
      ['flights', 'valid'],
    ],
  )
  const elsewhere = pipelineDirectories({ workingDirectory: shared, configured: [] })
  assert.deepEqual(elsewhere, directories.slice(2))
  assert.throws(
    () => pipelineDirectories({ workingDirectory: root, configured: [join(root, 'gone')] }),
    { code: 'SETTING_INVALID', message: /gone/ },
  )
})
