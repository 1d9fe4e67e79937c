import { NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { ourSide } from './our-side.ts'
import { runWorker } from './run-worker.ts'
import { readWorkerSettings } from './worker-settings.ts'

const settings = readWorkerSettings()
const side = settings.hasCodec ? ourSide(settings) : { dataConverter: {} }
await runWorker({ NativeConnection, Runtime, Worker }, settings, side)
