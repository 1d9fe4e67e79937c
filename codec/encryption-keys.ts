import { ClaimCheckError } from './claim-check-error.ts'

/**
 * Where keys come from. Write with the current key; read with any that was ever current. To rotate,
 * give all readers the new key, then make it current; nothing is rewritten, and old keys stay for as
 * long as something sealed with them may be read. Both methods must answer soon or fail: whoever asks
 * the codec waits for them, a workflow task too.
 */
export interface EncryptionKeys {
  /** The id of the key that is written with: 1 to 64 letters, digits, dots, lines or underscores. */
  current(): string | Promise<string>
  /** The 32 bytes of a key, or undefined where there is no such key. */
  find(id: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
}

const keyBytes = 32
/** Key ids stand in every envelope in the clear. */
const keyIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * Keys that are given once. Each is 32 random bytes; `openssl rand -base64 32` makes one.
 *
 * Throws `ENCRYPTION_KEYS_INVALID`.
 */
export function staticKeys(options: {
  /** @default the first of `keys` */
  readonly current?: string
  readonly keys: Readonly<Record<string, Uint8Array>>
}): EncryptionKeys {
  const keys = new Map(Object.entries(options.keys))
  const [first] = keys.keys()
  const current = options.current ?? first
  for (const [id, key] of keys) requireUsableKey(id, key)
  if (current === undefined || !keys.has(current)) throw invalid('the current key is not given')
  return { current: () => current, find: (id) => keys.get(id) }
}

/**
 * Throws `ENCRYPTION_KEYS_INVALID` for a key that would protect too little, and for an id that could
 * not be read out of a header again.
 */
export function requireUsableKey(id: string, key: Uint8Array): void {
  if (!keyIdPattern.test(id)) {
    throw invalid('a key id is not 1 to 64 letters, digits, dots, lines or underscores')
  }
  if (key.byteLength !== keyBytes) throw invalid(`key ${id} has ${key.byteLength} bytes, not 32`)
}

/**
 * Keys as text, as a file or a variable of the environment holds them: `id:base64` entries, apart by
 * commas or lines; the first is current. Text after `#` is a remark. Throws `ENCRYPTION_KEYS_INVALID`,
 * which quotes nothing.
 */
export function parseKeys(text: string): EncryptionKeys {
  const entries = text
    .split('\n')
    .flatMap((line) => (line.split('#')[0] ?? '').split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index): [string, Buffer] => {
      const [, id, base64] = /^([^:]+):([A-Za-z0-9+/_-]+=*)$/.exec(entry) ?? []
      if (id === undefined || base64 === undefined) {
        throw invalid(`entry ${index + 1} is not like ID:BASE64`)
      }
      return [id, Buffer.from(base64, 'base64')]
    })
  const keys = Object.fromEntries(entries)
  if (Object.keys(keys).length < entries.length) throw invalid('an id is given twice')
  // An object moves names like numbers to its front.
  const [first] = entries
  return staticKeys({ ...(first === undefined ? {} : { current: first[0] }), keys })
}

function invalid(what: string): ClaimCheckError {
  return new ClaimCheckError(
    'ENCRYPTION_KEYS_INVALID',
    `The encryption keys cannot be used: ${what}`,
    { remedy: 'Give each key as ID:BASE64 of 32 random bytes, the current one first.' },
  )
}
