// The same worker as ours, on the SDK of this folder, with Temporal's External Storage.
import { S3Client } from '@aws-sdk/client-s3'
import { ExternalStorage } from '@temporalio/common'
import { S3StorageDriver } from '@temporalio/external-storage-s3'
import { AwsSdkS3StorageDriverClient } from '@temporalio/external-storage-s3-aws-sdk'
import { NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { randomNonceEncryption } from '../codec/random-nonce-encryption.ts'
import { runWorker } from '../codec/run-worker.ts'
import { readWorkerSettings } from '../codec/worker-settings.ts'

const settings = readWorkerSettings()
const { bucket, ...store } = settings.store
const client = new AwsSdkS3StorageDriverClient(new S3Client({ ...store, forcePathStyle: true }))
const dataConverter = {
  externalStorage: new ExternalStorage({ drivers: [new S3StorageDriver({ client, bucket })] }),
  ...randomNonceEncryption(settings.encryptionKey),
}
await runWorker({ NativeConnection, Runtime, Worker }, settings, { dataConverter })
