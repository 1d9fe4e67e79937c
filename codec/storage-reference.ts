import { toBase64, type PayloadJson } from './payload-json.ts'

/**
 * A claim as the Temporal UI knows what is stored elsewhere: with this message type it shows the
 * data, the size and a button that asks for `/download`. For pages only; in a history the SDKs would
 * take it for a claim of their own external storage.
 */
export function toStorageReference({ data }: PayloadJson, sizeBytes: number): PayloadJson {
  return {
    metadata: {
      encoding: toBase64('json/protobuf'),
      messageType: toBase64('temporal.api.sdk.v1.ExternalStorageReference'),
    },
    data,
    externalPayloads: [{ sizeBytes: String(sizeBytes) }],
  }
}
