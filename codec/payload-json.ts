import type { Payload } from '@temporalio/common'
import { z } from 'zod'

/** Both alphabets of base64, padded or not, as proto3 JSON allows. */
const base64 = z
  .string()
  .refine((text) => /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && text.length % 4 !== 1)

/** A payload in proto3 JSON. Members that are not known here are kept. */
export const payloadJsonSchema = z.looseObject({
  metadata: z.record(z.string(), base64).nullish(),
  data: base64.nullish(),
})

export type PayloadJson = z.infer<typeof payloadJsonSchema>

export function fromPayloadJson({ metadata, data }: PayloadJson): Payload {
  const entries = Object.entries(metadata ?? {}).map(([name, text]) => [name, bytesOf(text)])
  return { metadata: Object.fromEntries(entries), data: bytesOf(data ?? '') }
}

export function toPayloadJson({ metadata, data, externalPayloads }: Payload): PayloadJson {
  const entries = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, toBase64(bytes)])
  const sizes = externalPayloads?.map(({ sizeBytes }) => ({ sizeBytes: String(sizeBytes) })) ?? []
  return {
    metadata: Object.fromEntries(entries),
    data: toBase64(data ?? new Uint8Array()),
    ...(sizes.length === 0 ? {} : { externalPayloads: sizes }),
  }
}

export function toBase64(bytes: Uint8Array | string): string {
  if (typeof bytes === 'string') return Buffer.from(bytes).toString('base64')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
