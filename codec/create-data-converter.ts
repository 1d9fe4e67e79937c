import { fileURLToPath } from 'node:url'
import type { DataConverter } from '@temporalio/common'
import type { ClaimCheckCodecOptions } from './claim-check-codec-options.ts'
import { ClaimCheckCodec } from './claim-check-codec.ts'

/**
 * The one data converter for clients, workers, replays and tests: whoever reads a history needs the
 * same one. Make one for each process, so that its cache and its limit are shared.
 *
 * With encryption it has a failure converter as well, so that messages and stacks of failures are
 * encrypted too; give `failureConverterPath` to `bundleWorkflowCode` where you bundle yourself.
 */
export function createDataConverter(options: ClaimCheckCodecOptions): DataConverter {
  return {
    payloadCodecs: [new ClaimCheckCodec(options)],
    ...(options.encryption === undefined ? {} : { failureConverterPath }),
  }
}

/** The module beside this one, whether it runs as TypeScript or built. */
export const failureConverterPath = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './failure-converter.ts' : './failure-converter.js',
    import.meta.url,
  ),
)
