import { DefaultLogger } from '@temporalio/worker'

/** For webpack's messages about the workflow bundle, which are of no use to those who run it. */
export const silentLogger = new DefaultLogger('ERROR')
