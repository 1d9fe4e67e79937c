/** A worker of stream activities alone, as a process whose memory is its own. Ends with its input. */
import { NativeConnection, Worker } from '@temporalio/worker'
import { createClaims, createDataConverter } from '../../codec/index.ts'
import { openStoreUnderTest, required } from './store-under-test.ts'
import { createStreamActivities } from './temporal-claim-activities.ts'

const [taskQueue = ''] = process.argv.slice(2)
const namespace = required('TEMPORAL_NAMESPACE')
const store = await openStoreUnderTest()
const connection = await NativeConnection.connect({ address: required('TEMPORAL_ADDRESS') })
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  activities: createStreamActivities(createClaims({ store, namespace })),
  dataConverter: createDataConverter({ store, namespace }),
})
process.stdin.resume().on('end', () => worker.shutdown())
await worker.run()
await connection.close()
store.close()
