import { z } from 'zod'
import { PLACEHOLDERS } from '../sources/fill-in.ts'
import { suggestion } from './suggestion.ts'
import { EVEN_IF_WRONG } from './parsed.ts'
import { clearTextProblem, hasReference, referenceProblem } from './reference-problem.ts'

const SECRET_NAMES =
  /^(proxy-)?authorization$|^cookie$|^(x-)?api[-_]?key$|^access_token$|^password$|^(client_)?secret$/i
/** What the connection sets, and a pipeline cannot. */
const CONNECTION_HEADERS = /^(host|connection|content-length|transfer-encoding|upgrade|expect)$/i

export const sentText = z
  .string({
    error: ({ input }) =>
      isBarePlaceholder(input)
        ? 'must be in quotes, or YAML reads the braces as a mapping: "{interval.start}"'
        : undefined,
  })
  // For editors: whatever is written here is read as text.
  .meta({ type: ['string', 'number', 'boolean'] })

/** Query parameters by name, in the file's spelling. */
export const querySchema = z.record(z.string(), sentText).superRefine((query, context) => {
  for (const [name, text] of textEntries(query)) {
    const problem = referenceProblem(text) ?? placeholderProblem(text) ?? secretProblem(name, text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: [name] })
  }
}, EVEN_IF_WRONG)

/** Request headers by name. */
export const headersSchema = z.record(z.string(), sentText).superRefine((headers, context) => {
  const seen = new Set<string>()
  for (const [name, text] of textEntries(headers)) {
    const problem =
      (seen.has(name.toLowerCase()) ? 'stands here twice: case makes no difference' : undefined) ??
      headerNameProblem(name) ??
      referenceProblem(text) ??
      headerValueProblem(text) ??
      secretProblem(name, text)
    seen.add(name.toLowerCase())
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: [name] })
  }
}, EVEN_IF_WRONG)

function textEntries(record: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(record).flatMap(([name, text]): [string, string][] =>
    typeof text === 'string' ? [[name, text]] : [],
  )
}

function isBarePlaceholder(input: unknown): boolean {
  return (
    typeof input === 'object' &&
    input !== null &&
    Object.keys(input).some((key) => key.startsWith('interval'))
  )
}

function placeholderProblem(text: string): string | undefined {
  const known: readonly string[] = PLACEHOLDERS
  const found = /\{\s*(?:interval|partition|high_water)\b[^}]*\}?/g[Symbol.match](text) ?? []
  const unknown = found.find((placeholder) => !known.includes(placeholder))
  if (unknown === undefined) return undefined
  return `${unknown} is unknown${suggestion(unknown, known)}; there are ${known.join(', ')}`
}

export function headerNameProblem(name: string): string | undefined {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return 'is not the name of a header'
  return CONNECTION_HEADERS.test(name) ? 'is set by the connection itself' : undefined
}

export function headerValueProblem(text: string): string | undefined {
  if (text.includes('{interval')) return '{interval.…} is filled in in query values only'
  return isHeaderValue(text) ? undefined : 'may hold printable ASCII characters only'
}

/** Everything else either cannot be sent or is read differently by different servers. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text)
}

function secretProblem(name: string, text: string): string | undefined {
  if (!SECRET_NAMES.test(name) || hasReference(text)) return undefined
  return clearTextProblem('a secret')
}
