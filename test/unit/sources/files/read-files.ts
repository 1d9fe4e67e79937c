import type { FileSourceDefinition, SourceItem, SourceSlice } from '../../../../activities/index.ts'
import {
  createFileSource,
  type FileSource,
  type FileSourceOptions,
} from '../../../../src/sources/files/file-source.ts'

export const slice: SourceSlice = {
  partition: '2001-01-01',
  interval: { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' },
}

export interface ReadOptions {
  readonly slice?: SourceSlice
  readonly signal?: AbortSignal
  readonly fromBytes?: number
}

/** A file source as a worker has one, with short waits. */
export function openFiles(options: Partial<FileSourceOptions> = {}): FileSource {
  return createFileSource({
    environment: {},
    stateDirectory: '.claimcheck',
    firstDelayMs: 1,
    ...options,
  })
}

export function files(
  path: string | readonly string[],
  source: Partial<FileSourceDefinition> = {},
): FileSourceDefinition {
  return {
    kind: 'file',
    paths: [path].flat(),
    format: 'ndjson',
    records: [],
    headers: {},
    ...source,
  }
}

export async function listFiles(
  from: FileSource,
  source: FileSourceDefinition,
  options: ReadOptions = {},
): Promise<SourceItem[]> {
  return Array.fromAsync(from.list(requestOf(source, options)))
}

export async function places(
  from: FileSource,
  source: FileSourceDefinition,
  options: ReadOptions = {},
): Promise<string[]> {
  return (await listFiles(from, source, options)).map(({ place }) => place)
}

/** Lists the only item of a source and opens it. */
export async function openOnly(
  from: FileSource,
  source: FileSourceDefinition,
  options: ReadOptions = {},
) {
  const [item, ...more] = await listFiles(from, source, options)
  if (item === undefined || more.length > 0) throw new Error(`there are ${more.length} more items`)
  const opened = await from.open({ ...requestOf(source, options), item })
  const [stream] = opened.streams
  if (stream === undefined) throw new Error('there is no stream')
  return { item, opened, stream }
}

/** What the only item of a source holds. */
export async function readOnly(
  from: FileSource,
  source: FileSourceDefinition,
  options: ReadOptions = {},
): Promise<string> {
  const { opened, stream } = await openOnly(from, source, options)
  try {
    const chunks = await Array.fromAsync(stream.read(options.fromBytes ?? 0))
    return Buffer.concat(chunks).toString('latin1')
  } finally {
    await opened.close()
  }
}

export function requestOf(source: FileSourceDefinition, options: ReadOptions = {}) {
  const { signal = new AbortController().signal } = options
  return { source, slice: options.slice ?? slice, signal }
}
