import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  UndefinedPayloadConverter,
  type Payload,
} from '@temporalio/common'

const encoder = new TextEncoder()
// As the SDK's own: a mark at the start is text like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const metadata = { encoding: encoder.encode('json/plain') }

/**
 * The SDK's JSON, byte for byte, at a fraction of its time and memory: that turns text into bytes
 * and back in JavaScript, letter by letter.
 */
class NativeJsonPayloadConverter extends JsonPayloadConverter {
  override toPayload(value: unknown): Payload | undefined {
    const json = toJson(value)
    return json === undefined ? super.toPayload(value) : { metadata, data: encoder.encode(json) }
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the signature is Temporal's
  override fromPayload<T>(payload: Payload): T {
    const { data } = payload
    if (data === undefined || data === null) return super.fromPayload(payload)
    return JSON.parse(decoder.decode(data)) as T
  }
}

/** Undefined for what is no JSON, of which the SDK knows what to make. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Temporal looks for this name, in the workflow's isolate as well: no import of ours may stand here. */
export const payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new NativeJsonPayloadConverter(),
)
