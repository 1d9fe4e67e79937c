import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import {
  startSampleSource,
  type SampleSource,
} from '../../../infra/sample-source/start-sample-source.ts'

/** A folder that goes when the tests of the file are over. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sample-source-'))
  after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A source that is closed when the tests of the file are over. */
export async function openTestSource(directory?: string): Promise<SampleSource> {
  const source = await startSampleSource({ directory: directory ?? (await temporaryDirectory()) })
  after(() => source.close())
  return source
}
