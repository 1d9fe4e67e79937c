import { openObject, type OpenObject, type PlainForm } from './open-object.ts'
import { openPayload } from './open-payload.ts'
import type { BlobsPlace } from './blobs-place.ts'
import type { FoundObject } from './find-object.ts'

/** What an object holds for a reader: of a payload its data, of a page the bytes as the source sent them. */
export interface OpenContent {
  readonly form: PlainForm
  /** The payload's own `encoding`; undefined where it is no payload. */
  readonly encoding: string | undefined
  /** As told by `OpenObject`: an error at its end says that what came is not what was written. */
  readonly bytes: AsyncGenerator<Uint8Array, void>
  /** Whether something says what the bytes have to be. */
  readonly isPromised: boolean
  close(): Promise<void>
}

/**
 * Begins to read what an object holds.
 *
 * @param options.protobuf The payload in its protobuf form, which its digest is of, instead of its data.
 * @throws As `openObject` does.
 */
export async function openContent(
  place: BlobsPlace,
  { key, claimed }: Pick<FoundObject, 'key' | 'claimed'>,
  options: { readonly protobuf?: boolean } = {},
): Promise<OpenContent> {
  const object = await openObject(place, key, claimed)
  const { form, isPromised } = object
  const close = async (): Promise<void> => object.close()
  if (form !== 'payload' || options.protobuf === true) {
    return { form, encoding: undefined, bytes: object.plain(), isPromised, close }
  }
  const { encoding, data } = await beginPayload(object, { bucket: place.store.bucket, key })
  return { form: formOf(encoding), encoding, bytes: data, isPromised, close }
}

async function beginPayload(object: OpenObject, at: Readonly<Record<string, string>>) {
  try {
    return await openPayload(object.plain(), at)
  } catch (error) {
    await object.close()
    throw error
  }
}

function formOf(encoding: string): PlainForm {
  return encoding.startsWith('json/') ? 'json' : 'unknown'
}
