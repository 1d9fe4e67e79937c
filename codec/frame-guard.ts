import { createCipheriv, createDecipheriv } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { EnvelopeKey } from './sealing-keys.ts'

/** What tells a frame that was altered, moved, cut off or added from one that is as it was written. */
export interface FrameGuard {
  /** Bytes that follow each frame's body. */
  readonly checkBytes: number
  seal(index: number, head: Uint8Array, body: Uint8Array): GuardedFrame
  /** The body as it went in, or undefined where this is not what was sealed at this place. */
  open(index: number, head: Uint8Array, frame: GuardedFrame): Uint8Array | undefined
}

export interface GuardedFrame {
  readonly body: Uint8Array
  readonly check: Uint8Array
}

/** CRC-32 of the frame's number, its head and its body. */
export const crcGuard: FrameGuard = {
  checkBytes: 4,
  seal: (index, head, body) => ({ body, check: checksumOf(index, head, body) }),
  open: (index, head, { body, check }) =>
    checksumOf(index, head, body).equals(check) ? body : undefined,
}

/**
 * AES-256-GCM (NIST SP 800-38D) with the frame's number as nonce: the key is of this envelope alone,
 * so no pair of key and nonce comes twice. Bound to the envelope's header and the frame's head.
 */
export function gcmGuard({ key }: EnvelopeKey, header: Uint8Array): FrameGuard {
  const algorithm = 'aes-256-gcm'
  return {
    checkBytes: 16,
    seal(index, head, body) {
      const cipher = createCipheriv(algorithm, key, nonceOf(index))
      cipher.setAAD(Buffer.concat([header, head]))
      const sealed = Buffer.concat([cipher.update(body), cipher.final()])
      return { body: sealed, check: cipher.getAuthTag() }
    },
    open(index, head, { body, check }) {
      const decipher = createDecipheriv(algorithm, key, nonceOf(index), { authTagLength: 16 })
      decipher.setAAD(Buffer.concat([header, head]))
      decipher.setAuthTag(check)
      const opened = decipher.update(body)
      try {
        decipher.final()
        return opened
      } catch {
        return undefined
      }
    },
  }
}

function checksumOf(index: number, head: Uint8Array, body: Uint8Array): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(index))
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body, crc32(head, crc32(number))))
  return check
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(index), 4)
  return nonce
}
