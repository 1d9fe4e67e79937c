import type { Client } from '@temporalio/client'
import type { Payload } from '@temporalio/common'

/** The value of a payload as it stands in a history; undefined where there is none. */
export async function decodePayload(
  client: Client,
  payload: Payload | undefined,
): Promise<unknown> {
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter
  let payloads = payload === undefined ? [] : [payload]
  // The last one to encode is the first one to decode.
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads)
  const [decoded] = payloads
  return decoded === undefined ? undefined : payloadConverter.fromPayload(decoded)
}
