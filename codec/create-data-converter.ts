import type { DataConverter } from '@temporalio/common'
import { ClaimCheckCodec, type ClaimCheckCodecOptions } from './claim-check-codec.ts'

/**
 * The one data converter for clients, workers, replays and tests: whoever reads a history needs the
 * same one. Make one for each process, so that its cache and its limit are shared.
 */
export function createDataConverter(options: ClaimCheckCodecOptions): DataConverter {
  return { payloadCodecs: [new ClaimCheckCodec(options)] }
}
