import type { CodedError } from './coded-error.ts'
import { reasonOf } from './codec-server-failure.ts'
import { toBase64, type PayloadJson } from './payload-json.ts'

/**
 * A payload that could not be decoded, as itself: its encoding stays, so that nobody takes it for the
 * value. Code and reason stand in the metadata, and the reason in the data of a claim too, because
 * the Temporal UI shows nothing else.
 */
export function markPayload(payload: PayloadJson, error: CodedError): PayloadJson {
  const reason = reasonOf(error)
  return {
    ...payload,
    metadata: {
      ...payload.metadata,
      'claimcheck-error-code': toBase64(error.code),
      'claimcheck-error': toBase64(reason),
    },
    ...markData(payload.data ?? '', reason),
  }
}

function markData(data: string, reason: string): { data?: string } {
  try {
    const value: unknown = JSON.parse(Buffer.from(data, 'base64').toString('utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
    // Before the others, since pages cut long values.
    return { data: toBase64(JSON.stringify({ error: reason, ...value })) }
  } catch {
    return {}
  }
}
