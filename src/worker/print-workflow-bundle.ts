/**
 * Prints the workflows' bundle on standard output; see `bundle-workflows.ts`. With
 * `--encrypt-failures`, failures in it are converted as encryption wants them; with `--traces`, it makes
 * spans.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { failureConverterPath, payloadConverterPath } from '../../codec/index.ts'

const { values } = parseArgs({
  options: { 'encrypt-failures': { type: 'boolean' }, traces: { type: 'boolean' } },
})
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(import.meta.resolve('../../workflows/index.ts')),
  payloadConverterPath,
  ...(values['encrypt-failures'] === true ? { failureConverterPath } : {}),
  workflowInterceptorModules:
    values.traces === true
      ? [
          fileURLToPath(
            import.meta.resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors'),
          ),
        ]
      : [],
  // What webpack says of the bundle is of no use to those who run it.
  logger: new DefaultLogger('ERROR'),
})
process.stdout.write(code)
