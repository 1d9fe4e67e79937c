import { maxNextLinkBytes } from '../../activities/page-source.ts'
import { PipelineError } from '../../activities/pipeline-error.ts'
import type { HttpPageRequest } from './http-page-request.ts'
import { linkTarget } from './link-header.ts'
import { referringParameters, sourceUrl } from './page-url.ts'
import { repeatedReference } from './repeated-reference.ts'
import type { Environment } from './resolve-references.ts'

export interface NextLinkPlace {
  /** Where the answer came from. */
  readonly url: URL
  readonly environment: Environment
  /** The source's URL for messages. */
  readonly shown: string
}

/**
 * The next cursor that a `Link` header names: path (where it is not the source's) and query, without
 * the parameters that the pipeline takes from references. It goes into histories, so a link that holds
 * what a reference stands for elsewhere is refused.
 *
 * @throws PipelineError NEXT_LINK_REFUSED (another origin, too long, a reference's value),
 * SOURCE_MALFORMED (no Link header)
 */
export function nextLink(
  header: string | undefined,
  { source, slice }: Pick<HttpPageRequest, 'source' | 'slice'>,
  place: NextLinkPlace,
): string | undefined {
  const target = readTarget(header ?? '', place)
  if (target === undefined) return undefined
  const { url, environment, shown } = place
  const link = URL.parse(target, url.href)
  if (link === null) throw malformed(place)
  if (link.origin !== url.origin) {
    throw refused(place, `leads to another origin, ${link.origin}`)
  }
  const base = sourceUrl(source, environment, shown)
  const own = new Set(referringParameters(source, slice, environment, base).map(([name]) => name))
  const kept = link.search
    .slice(1)
    .split('&')
    .filter((piece) => ![...new URLSearchParams(piece).keys()].some((name) => own.has(name)))
    .join('&')
  const path = link.pathname === base.pathname ? '' : link.pathname
  const texts = [path, ...path.split('/'), ...[...new URLSearchParams(kept)].flat()]
  // Wherever references stand: in the URL, a parameter, a header or what else the source has.
  const repeated = repeatedReference(texts, JSON.stringify(source), environment)
  if (repeated !== undefined) {
    throw refused(place, `repeats what \${${repeated}} stands for, which may be a secret`)
  }
  const cursor = `${path}?${kept}`
  if (cursor.length > maxNextLinkBytes) {
    throw refused(place, `is longer than ${maxNextLinkBytes} bytes`)
  }
  return cursor
}

function readTarget(header: string, place: NextLinkPlace): string | undefined {
  try {
    return linkTarget(header, 'next')
  } catch {
    throw malformed(place)
  }
}

function malformed({ shown }: NextLinkPlace): PipelineError {
  return new PipelineError('SOURCE_MALFORMED', 'the Link header of the source cannot be read', {
    at: { url: shown },
    remedy: 'Look at what the source sends; RFC 8288 says how such a header is written.',
    retryable: true,
  })
}

function refused({ shown }: NextLinkPlace, what: string): PipelineError {
  return new PipelineError('NEXT_LINK_REFUSED', `the next link of the source ${what}`, {
    at: { url: shown },
    remedy:
      'Set `source.url` and `source.query` so that links stay there, short and free of secrets, or page by number.',
  })
}
