import {
  type FileSourceDefinition,
  type ItemRequest,
  type ItemSource,
} from '../../../activities/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import { hasReference } from '../../pipeline/reference-problem.ts'
import { AccessTokens } from '../access-tokens.ts'
import { Agents } from '../agents.ts'
import type { HttpSourceOptions } from '../http-source.ts'
import { resolveReferences, shownUrl } from '../resolve-references.ts'
import { SourceHosts } from '../source-hosts.ts'
import { pathRefused } from './file-errors.ts'
import { fileKind, type FileKind } from './file-kind.ts'
import { readFilePath, type FilePath } from './file-path.ts'
import type { FileStore, FoundFile } from './file-store.ts'
import { createHttpFiles } from './http-files.ts'
import { createLocalFiles } from './local-files.ts'
import { openItem } from './open-item.ts'
import { S3Connections, type OwnStore } from './s3-connections.ts'
import { createS3Files } from './s3-files.ts'
import { SourceDirectories } from './source-directories.ts'

/** Each path into a store is a request, and a store may be far away. */
const pathsAtOnce = 16

export interface FileSourceOptions extends HttpSourceOptions {
  /** The store that `s3://` paths lead to where a source names none. */
  readonly store?: OwnStore | undefined
  /** Beneath which local files may be read. @default the working directory */
  readonly directories?: readonly string[] | undefined
  /** Where this project keeps its own state: no source reads there. */
  readonly stateDirectory: string
  /** How long an HTTP server may say nothing in the middle of a file. @default 30 seconds */
  readonly idleTimeoutMs?: number
}

export interface FileSource extends ItemSource {
  close(): void
}

/** Files as items: local ones, objects of S3 stores, and what HTTP servers have. */
export function createFileSource(options: FileSourceOptions): FileSource {
  const { environment, allowedHosts, resolve, firstDelayMs = 250, idleTimeoutMs } = options
  const hosts = new SourceHosts(allowedHosts, resolve)
  const agents = new Agents()
  const tokens = new AccessTokens(environment)
  const connections = new S3Connections({ own: options.store, environment, hosts, firstDelayMs })
  const stores: Readonly<Record<FileKind, FileStore>> = {
    local: createLocalFiles(new SourceDirectories(options)),
    s3: createS3Files({ connections, firstDelayMs }),
    http: createHttpFiles({ environment, hosts, agents, tokens, firstDelayMs, idleTimeoutMs }),
  }

  async function findByPath(
    template: string,
    { slice, signal }: ItemRequest,
    source: FileSourceDefinition,
  ): Promise<FoundFile[]> {
    const path = readFilePath(template, slice, environment)
    const found = await Array.fromAsync(stores[path.kind].find(path, { source, signal }))
    // Opening it would look for a variable instead of the file.
    const isMistaken = found.some(({ place }) => hasReference(place.slice(path.place.length)))
    if (path.glob === undefined || !isMistaken) return found
    const what = 'the name of a file that the path matches reads like a reference'
    throw pathRefused(what, 'Rename it, or narrow the path.', { path: path.place })
  }

  return {
    async *list(request) {
      const source = ofFiles(request.source)
      const found = await Array.fromAsync(
        ordered(source.paths, pathsAtOnce, (path) => findByPath(path, request, source)),
      )
      const seen = new Set<string>()
      for (const { place, version, sizeBytes, identity } of found.flat().toSorted(byPlace)) {
        if (seen.has(identity)) continue
        seen.add(identity)
        yield { place, version, sizeBytes }
      }
    },
    async open({ item: { place }, signal, ...request }) {
      const source = ofFiles(request.source)
      const address = resolveReferences(place, environment)
      const path: FilePath = { kind: fileKind(address), place, address }
      const at: Readonly<Record<string, string>> =
        path.kind === 'http' ? { url: shownUrl(place, environment) } : { path: place }
      const file = await stores[path.kind].open(path, { source, signal })
      try {
        return await openItem(file, source, at)
      } catch (error) {
        await file.close()
        signal.throwIfAborted()
        throw error
      }
    },
    close() {
      agents.close()
      connections.close()
    },
  }
}

function byPlace(left: FoundFile, right: FoundFile): number {
  if (left.place === right.place) return 0
  return left.place < right.place ? -1 : 1
}

function ofFiles(source: ItemRequest['source']): FileSourceDefinition {
  if (source.kind === 'file') return source
  throw new TypeError(`a ${source.kind} source has no files`)
}
