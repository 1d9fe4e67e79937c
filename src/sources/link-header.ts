const TARGET = /[\s,]*<([^>]*)>/y
const PARAMETER = /\s*;\s*(?:([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?)?/y
const END = /\s*(?:,|$)/y

interface Link {
  readonly target: string
  /** By lower-case name; the first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * The target of the first link of a relation in a `Link` header, as it stands there; `undefined` where
 * none has it. Links of another context (`anchor`) say nothing of this page.
 *
 * Source: RFC 8288, section 3.
 * @throws SyntaxError when the header cannot be read: a link that is overlooked could be the wanted one
 * @example linkTarget('<?page=2>; rel="next", <?page=9>; rel=last', 'next') // ?page=2
 */
export function linkTarget(header: string, relation: string): string | undefined {
  return parseLinks(header).find(
    ({ parameters }) =>
      !parameters.has('anchor') && relationsOf(parameters.get('rel') ?? '').includes(relation),
  )?.target
}

/** Single and typographic quotes are letters to the RFC, and quotes to those who send them. */
function relationsOf(rel: string): string[] {
  return rel
    .toLowerCase()
    .split(/\s+/)
    .map((name) => name.replaceAll(/^\W+|\W+$/g, ''))
}

function parseLinks(header: string): Link[] {
  const links: Link[] = []
  let position = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position
    const match = pattern.exec(header)
    if (match !== null) position = pattern.lastIndex
    return match
  }
  while (/[^\s,]/.test(header.slice(position))) {
    const target = take(TARGET)?.[1]
    const parameters = new Map<string, string>()
    for (let match = take(PARAMETER); match !== null; match = take(PARAMETER)) {
      const [, name = '', quoted, plain = ''] = match
      const key = name.toLowerCase()
      if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain)
    }
    if (target === undefined || take(END) === null) throw new SyntaxError('not a Link header')
    links.push({ target, parameters })
  }
  return links
}
