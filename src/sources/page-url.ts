import type { HttpSourceDefinition, SourceSlice } from '../../activities/index.ts'
import { hasReference } from '../pipeline/reference-problem.ts'
import { fillIn } from './fill-in.ts'
import { httpAddress } from './http-address.ts'
import type { HttpPageRequest } from './http-page-request.ts'
import { resolveReferences, type Environment } from './resolve-references.ts'

/**
 * The address of a page, references and interval filled in.
 *
 * @param shown The source's URL for messages
 * @throws PipelineError SOURCE_SETTING_MISSING, SOURCE_SETTING_INVALID
 */
export function pageUrl(
  { source, slice, cursor }: Pick<HttpPageRequest, 'source' | 'slice' | 'cursor'>,
  environment: Environment,
  shown: string,
): URL {
  const url = sourceUrl(source, environment, shown)
  const { next, query } = source
  if (next.kind === 'link-header' && cursor !== undefined) {
    const own = referringParameters(source, slice, environment, url)
    const queryAt = cursor.indexOf('?')
    if (queryAt > 0) url.pathname = cursor.slice(0, queryAt)
    // Not through `searchParams`, which would spell the source's own parameters anew.
    const added = new URLSearchParams(own).toString()
    url.search = [cursor.slice(queryAt + 1), added].filter((text) => text !== '').join('&')
    return url
  }
  for (const [name, template] of Object.entries(query)) {
    url.searchParams.set(name, filledIn(template, slice, environment))
  }
  if (next.kind === 'page' || next.kind === 'offset') {
    url.searchParams.set(next.parameter, cursor ?? String(next.first))
  } else if (next.kind === 'cursor' && cursor !== undefined) {
    url.searchParams.set(next.parameter, cursor)
  }
  return url
}

/** The address that the pipeline names, without its query. @throws as `pageUrl` */
export function sourceUrl(
  source: HttpSourceDefinition,
  environment: Environment,
  shown: string,
): URL {
  return httpAddress(resolveReferences(source.url, environment), 'the URL', { url: shown })
}

/**
 * The query parameters whose values come from references and may be secrets: a next link is stored
 * without them, and they are set again for each request.
 */
export function referringParameters(
  source: HttpSourceDefinition,
  slice: SourceSlice,
  environment: Environment,
  url: URL,
): [string, string][] {
  const [, urlQuery = ''] = source.url.split(/\?([^]*)/)
  const written = new URLSearchParams(urlQuery)
  const ofUrl = [...url.searchParams].filter(([name, value]) => !written.has(name, value))
  const ofQuery = Object.entries(source.query)
    .filter(([, template]) => hasReference(template))
    .map(([name, template]): [string, string] => [name, filledIn(template, slice, environment)])
  return [...ofUrl.filter(([name]) => source.query[name] === undefined), ...ofQuery]
}

function filledIn(template: string, slice: SourceSlice, environment: Environment): string {
  return fillIn(resolveReferences(template, environment), slice)
}
