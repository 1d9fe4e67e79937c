import type { CodedError } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import {
  claimOf,
  payloadOf,
  type Decoded,
  type Encoded,
  type ValueDecoder,
} from './decode-payload.ts'
import { prettyJson } from './pretty-json.ts'

/** Values that are fetched at once, and held. */
const valuesAtOnce = 4

/**
 * A document as text in pieces, with the value in the place of each payload: `{error}` where it cannot
 * be had, and what is no JSON as `{encoding, base64}`. Numbers of decoded values keep their digits.
 *
 * @param onError Hears of each value that cannot be had.
 * @throws ClaimCheckError CLAIM_MALFORMED, CLAIM_VERSION_UNKNOWN of a document that is a claim
 */
export async function* decodeDocument(
  decoder: ValueDecoder,
  document: unknown,
  onError: (error: CodedError) => void,
): AsyncGenerator<string, void> {
  const decoded = ordered(encodedIn(document), valuesAtOnce, (encoded) => decoder.decode(encoded))
  yield* render(document, { decoded, onError, isClaimMeant: true }, '')
}

/** The one value that a document is, where it is a payload or a claim. */
export function encodedAs(document: unknown): Encoded | undefined {
  const payload = payloadOf(document)
  return payload === undefined ? claimOf(document) : { kind: 'payload', payload }
}

/** In the order in which they are written. A claim in the midst of something else is data. */
function* encodedIn(document: unknown, isClaimMeant = true): Generator<Encoded, void> {
  const encoded = encodedAt(document, isClaimMeant)
  if (encoded !== undefined) yield encoded
  else if (Array.isArray(document))
    for (const item of document) yield* encodedIn(item, isClaimMeant)
  else if (typeof document === 'object' && document !== null) {
    for (const member of Object.values(document)) yield* encodedIn(member, false)
  }
}

function encodedAt(node: unknown, isClaimMeant: boolean): Encoded | undefined {
  const payload = payloadOf(node)
  if (payload !== undefined) return { kind: 'payload', payload }
  return isClaimMeant ? claimOf(node) : undefined
}

interface Rendering {
  readonly decoded: AsyncGenerator<Decoded, void>
  readonly onError: (error: CodedError) => void
  readonly isClaimMeant: boolean
}

async function* render(
  node: unknown,
  rendering: Rendering,
  indent: string,
): AsyncGenerator<string, void> {
  if (encodedAt(node, rendering.isClaimMeant) !== undefined) {
    const step = await rendering.decoded.next()
    if (step.done === true) throw new TypeError('a value was lost')
    if (step.value.kind === 'error') rendering.onError(step.value.error)
    yield prettyJson(textOf(step.value, node)).join(`\n${indent}`)
    return
  }
  if (typeof node !== 'object' || node === null) {
    yield JSON.stringify(node)
    return
  }
  const isArray = Array.isArray(node)
  const inner = isArray ? rendering : { ...rendering, isClaimMeant: false }
  const [open, close] = isArray ? ['[', ']'] : ['{', '}']
  let before = open
  for (const [name, member] of Object.entries(node)) {
    yield `${before}\n${indent}  ${isArray ? '' : `${JSON.stringify(name)}: `}`
    yield* render(member, inner, `${indent}  `)
    before = ','
  }
  yield before === open ? `${open}${close}` : `\n${indent}${close}`
}

function textOf(decoded: Decoded, node: unknown): string {
  switch (decoded.kind) {
    case 'json':
      return decoded.text
    case 'bytes':
      return JSON.stringify({
        encoding: decoded.encoding,
        base64: Buffer.from(decoded.bytes).toString('base64'),
      })
    case 'foreign':
      return JSON.stringify(node)
    case 'error': {
      const { code, message, remedy } = decoded.error
      return JSON.stringify({ error: { code, message, remedy } })
    }
  }
}
