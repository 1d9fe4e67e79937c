import { z } from 'zod'
import { CodecServerError } from './codec-server-error.ts'
import { payloadJsonSchema, type PayloadJson } from './payload-json.ts'

const bodySchema = z.looseObject({ payloads: z.array(payloadJsonSchema).nullish() })

/**
 * The payloads of a request, as they were sent. The body is read no further than `maxBodyBytes`,
 * whatever length it declares.
 *
 * @throws CodecServerError CODEC_REQUEST_TOO_LARGE, CODEC_REQUEST_INVALID
 */
export async function readPayloads(request: Request, maxBodyBytes: number): Promise<PayloadJson[]> {
  const body = parseJson(await readBody(request, maxBodyBytes))
  const parsed = bodySchema.safeParse(body)
  if (parsed.success) {
    // Not what zod made of it: what passes through has to be the same to the byte.
    return (body as z.infer<typeof bodySchema>).payloads ?? []
  }
  // An issue's message and path may quote what was sent; the index is enough.
  const [, index] = parsed.error.issues[0]?.path ?? []
  throw invalid(
    index === undefined
      ? 'The body has no list of payloads'
      : `Payload ${String(index)} is not a payload in proto3 JSON`,
  )
}

async function readBody(request: Request, maxBodyBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of request.body ?? []) {
      sizeBytes += chunk.byteLength
      // Leaving the loop cancels the stream.
      if (sizeBytes > maxBodyBytes) throw tooLarge(maxBodyBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof CodecServerError) throw error
    throw invalid('The body broke off')
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // Not with its cause, which quotes what it read.
    throw invalid('The body is not JSON')
  }
}

function tooLarge(maxBodyBytes: number): CodecServerError {
  return new CodecServerError('CODEC_REQUEST_TOO_LARGE', `The body is over ${maxBodyBytes} bytes`, {
    remedy: 'Send fewer payloads at once, or raise maxBodyBytes of the codec server.',
  })
}

function invalid(what: string): CodecServerError {
  return new CodecServerError('CODEC_REQUEST_INVALID', what, {
    remedy: 'Send {"payloads":[{"metadata":{…},"data":"…"}]}, byte fields in base64.',
  })
}
