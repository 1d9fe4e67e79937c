import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'

const { Payload: PayloadProto } = proto.temporal.api.common.v1
const nonceBytes = 12
const tagBytes = 16
const encoding = Buffer.from('binary/encrypted')

/** Encryption as people put it before a store: AES-256-GCM, a random nonce for each payload. */
class RandomNonceCodec implements PayloadCodec {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = key
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
      const sealed = [cipher.update(PayloadProto.encode(payload).finish()), cipher.final()]
      const data = Buffer.concat([nonce, ...sealed, cipher.getAuthTag()])
      return { metadata: { encoding }, data }
    })
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (!encoding.equals(payload.metadata?.['encoding'] ?? Buffer.alloc(0))) return payload
      const sealed = Buffer.from(payload.data ?? [])
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, nonceBytes))
      decipher.setAuthTag(sealed.subarray(-tagBytes))
      const body = decipher.update(sealed.subarray(nonceBytes, -tagBytes))
      const { metadata, data } = PayloadProto.decode(Buffer.concat([body, decipher.final()]))
      return { metadata, data }
    })
  }
}

/** What a data converter needs for it; nothing where there is no key. */
export function randomNonceEncryption(
  key: string | undefined,
): Pick<DataConverter, 'payloadCodecs'> {
  return key === undefined ? {} : { payloadCodecs: [new RandomNonceCodec(Buffer.from(key, 'hex'))] }
}
