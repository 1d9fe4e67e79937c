import type { EndpointCall } from '../../activities/index.ts'
import { clearTextProblem, hasReference, referenceProblem } from '../pipeline/reference-problem.ts'
import { headersSchema } from '../pipeline/source-text.ts'
import { parseHttpUrl } from './parse-http-url.ts'
import { replaceReferences } from './resolve-references.ts'

/** Whoever may ask for calls could read any other variable of the worker by sending it somewhere. */
const REFERENCE_PREFIX = 'ENDPOINT_'

/** A reference that is the whole beginning of the address: nothing can be added to its host. */
const BASE = /^\$\{(\w+)\}(?=[/?]|$)/

/** The variable that an address begins with; undefined where the caller has written the host. */
export function baseReference(url: string): string | undefined {
  return BASE.exec(url)?.[1]
}

/** Why a call may not be made, or nothing. What may be a secret is not repeated. */
export function endpointProblem(call: EndpointCall): string | undefined {
  const { url, headers = {} } = call
  const problem = textProblem(url)
  if (problem !== undefined) return `url: ${problem}`
  const parsed = headersSchema.safeParse(headers)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return `headers.${String(issue?.path[0])}: ${issue?.message ?? 'cannot be sent'}`
  }
  for (const [name, value] of Object.entries(headers)) {
    const wrong = textProblem(value)
    if (wrong !== undefined) return `headers.${name}: ${wrong}`
  }
  return addressProblem(url, Object.values(headers))
}

function textProblem(text: string): string | undefined {
  const problem = referenceProblem(text)
  if (problem !== undefined) return problem
  let foreign: string | undefined
  replaceReferences(text, (name) => {
    if (!name.startsWith(REFERENCE_PREFIX)) foreign = name
    return ''
  })
  if (foreign === undefined) return undefined
  return `names \${${foreign}}; a call may use variables that begin with ${REFERENCE_PREFIX}`
}

function addressProblem(url: string, texts: readonly string[]): string | undefined {
  if (url.includes('#')) return 'url: has a fragment (#…), which is never sent'
  if (baseReference(url) !== undefined) return undefined
  if (hasReference(url) || texts.some(hasReference)) {
    return 'url: must begin with a reference such as ${ENDPOINT_URL} where any is used: secrets go to hosts that the operator has named'
  }
  const address = parseHttpUrl(url)
  if (address === undefined || /\s/.test(url)) return 'url: is none of http:// or https://'
  if (address.username === '' && address.password === '') return undefined
  return `url: ${clearTextProblem('a user or password')}`
}
