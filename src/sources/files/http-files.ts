import type { AccessTokens } from '../access-tokens.ts'
import type { Agents } from '../agents.ts'
import { askAuthorized } from '../ask-authorized.ts'
import { httpAddress } from '../http-address.ts'
import { httpStream } from '../http-stream.ts'
import { shownUrl, type Environment } from '../resolve-references.ts'
import type { SourceHosts } from '../source-hosts.ts'
import type { StreamedAnswer } from '../stream-answer.ts'
import { tryInPlace } from '../try-in-place.ts'
import { within } from '../within.ts'
import { fileMissing } from './file-errors.ts'
import type { FilePath } from './file-path.ts'
import type { FileRequest, FileStore } from './file-store.ts'
import { openHttpFile, type AskForBytes } from './open-http-file.ts'

/** Until a file begins to come, redirects and tokens included; how long it then takes is its own affair. */
const answerTimeoutMs = 600_000

export interface HttpFilesOptions {
  readonly environment: Environment
  readonly hosts: SourceHosts
  readonly agents: Agents
  readonly tokens: AccessTokens
  /** The wait before the second try in place; doubled before each one after. */
  readonly firstDelayMs: number
  /** How long a server may say nothing. @default 30 seconds */
  readonly idleTimeoutMs?: number | undefined
}

/** Files behind HTTP servers, each at an address of its own. */
export function createHttpFiles(options: HttpFilesOptions): FileStore {
  const { environment, firstDelayMs } = options
  return {
    async *find({ place, address }) {
      const { href: identity } = httpAddress(address, 'the path', {
        url: shownUrl(place, environment),
      })
      yield { place, identity, version: null, sizeBytes: null }
    },
    async open(file, request) {
      const closing = new AbortController()
      const signal = AbortSignal.any([request.signal, closing.signal])
      const ask = asker(options, file, { ...request, signal })
      const shown = shownUrl(file.place, environment)
      return openHttpFile(ask, { shown, signal, closing, firstDelayMs })
    },
  }
}

/** Asks for one file, as often as it takes. */
function asker(
  { environment, hosts, agents, tokens, firstDelayMs, idleTimeoutMs }: HttpFilesOptions,
  { place, address }: FilePath,
  { source, signal }: FileRequest,
): AskForBytes {
  const shown = shownUrl(place, environment)
  const url = httpAddress(address, 'the path', { url: shown })
  const exchange = { hosts, agents, signal, idleTimeoutMs }
  return (rangeHeaders, statuses) => {
    const get = (headers: Readonly<Record<string, string>>): Promise<StreamedAnswer> =>
      within(answerTimeoutMs, (deadline) =>
        httpStream(url, shown, { ...exchange, deadline, headers, rangeHeaders }),
      )
    return tryInPlace({ statuses, firstDelayMs, signal, shown }, async () => {
      const timeoutMs = answerTimeoutMs
      const answer = await askAuthorized({ source, environment, tokens, exchange, timeoutMs, get })
      if (answer.status !== 404 && answer.status !== 410) return answer
      answer.close()
      throw fileMissing({ url: shown })
    })
  }
}
