/** Prints the workflows' bundle on standard output; see `bundle-workflows.ts`. */
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(import.meta.resolve('../../workflows/index.ts')),
  // What webpack says of the bundle is of no use to those who run it.
  logger: new DefaultLogger('ERROR'),
})
process.stdout.write(code)
