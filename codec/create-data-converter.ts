import { fileURLToPath } from 'node:url'
import type { DataConverter } from '@temporalio/common'
import type { ClaimCheckCodecOptions } from './claim-check-codec-options.ts'
import { ClaimCheckCodec } from './claim-check-codec.ts'

/**
 * The one data converter for clients, workers, replays and tests: whoever reads a history needs the
 * same one. Make one for each process, so that its cache and its limit are shared.
 *
 * It makes payloads as the SDK's own converter does, only faster. With encryption it has a failure
 * converter as well, so that messages and stacks of failures are encrypted too. Where you bundle
 * workflows yourself, give the paths it names to `bundleWorkflowCode`.
 */
export function createDataConverter(options: ClaimCheckCodecOptions): DataConverter {
  return {
    payloadCodecs: [new ClaimCheckCodec(options)],
    payloadConverterPath,
    ...(options.encryption === undefined ? {} : { failureConverterPath }),
  }
}

export const payloadConverterPath = pathBeside('payload-converter')
export const failureConverterPath = pathBeside('failure-converter')

/** Of a module in this directory, whether it runs as TypeScript or built. */
function pathBeside(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./${name}.${extension}`, import.meta.url))
}
