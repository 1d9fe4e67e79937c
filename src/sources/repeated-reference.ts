import { replaceReferences, type Environment } from './resolve-references.ts'

/** A shorter value is looked for as a whole only: it may stand in anything. */
const leastTellingLength = 6

/**
 * The name of a reference in `template` whose value one of the texts repeats, percent-encoded or not;
 * undefined where none does. Of an address counts what may be secret in it, and not its host.
 */
export function repeatedReference(
  texts: readonly string[],
  template: string,
  environment: Environment,
): string | undefined {
  const spellings = texts.flatMap((text) => [text, decoded(text), decoded(spaced(text))])
  const names = new Set<string>()
  replaceReferences(template, (name) => {
    names.add(name)
    return ''
  })
  return [...names].find((name) =>
    secretParts(environment[name] ?? '').some((part) =>
      spellings.some((text) => repeats(text, part)),
    ),
  )
}

function repeats(text: string, value: string): boolean {
  return text === value || (value.length >= leastTellingLength && text.includes(value))
}

function secretParts(value: string): string[] {
  // A password may begin as an address does, `ab:c#d` say: that has no host.
  const parsed = URL.parse(value)
  const url = parsed?.host === '' ? null : parsed
  const path = url === null || url.pathname === '/' ? '' : url.pathname
  const isHttp = /^https?:$/.test(url?.protocol ?? '')
  const parts =
    url === null
      ? []
      : [url.username, url.password, url.hash.slice(1), ...url.searchParams.values()]
  return [...parts, isHttp ? path : value]
    .flatMap((part) => [part, decoded(part)])
    .filter((part) => part !== '')
}

/** As forms spell it. */
function spaced(text: string): string {
  return text.replaceAll('+', ' ')
}

/** What is no UTF-8 stays as it is. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes)
    } catch {
      return bytes
    }
  })
}
