import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import type { DataConverter } from '@temporalio/common'
import {
  bundleWorkflowCode,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type Logger,
  type WorkerOptions,
} from '@temporalio/worker'
import {
  createDataConverter,
  failureConverterPath,
  type ClaimCheckCodecOptions,
  type ObjectStore,
} from '../../codec/index.ts'
import { openStoreUnderTest, required } from './store-under-test.ts'

/** The worker logs a failed task with all its payloads. */
const quiet: Logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }

type Codec = Partial<ClaimCheckCodecOptions>

/**
 * Temporal and the store under test, with the workflows bundled once. Each converter, and so each
 * client and worker, has a codec and a cache of its own, as separate processes have.
 */
export class TemporalBed {
  readonly namespace = required('TEMPORAL_NAMESPACE')
  readonly store: ObjectStore
  readonly connection: Connection
  readonly #native: NativeConnection
  readonly #workflowBundle: { code: string }

  private constructor(
    store: ObjectStore,
    connection: Connection,
    native: NativeConnection,
    workflowBundle: { code: string },
  ) {
    this.store = store
    this.connection = connection
    this.#native = native
    this.#workflowBundle = workflowBundle
  }

  /** With `encrypting`, the workflows put messages and stacks of failures into payloads. */
  static async open({ encrypting = false } = {}): Promise<TemporalBed> {
    const address = required('TEMPORAL_ADDRESS')
    Runtime.install({
      logger: quiet,
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) },
      },
    })
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(import.meta.resolve('./temporal-workflows.ts')),
      logger: quiet,
      ...(encrypting ? { failureConverterPath } : {}),
    })
    return new TemporalBed(
      await openStoreUnderTest(),
      await Connection.connect({
        address,
        channelArgs: { 'grpc.max_receive_message_length': 64 * 1024 * 1024 },
      }),
      await NativeConnection.connect({ address }),
      workflowBundle,
    )
  }

  converter(codec: Codec = {}): DataConverter {
    return createDataConverter({ store: this.store, namespace: this.namespace, ...codec })
  }

  client(codec: Codec = {}): Client {
    const { connection, namespace } = this
    return new Client({ connection, namespace, dataConverter: this.converter(codec) })
  }

  async worker(
    taskQueue: string,
    activities: object,
    codec: Codec = {},
    options: Partial<WorkerOptions> = {},
  ): Promise<Worker> {
    return Worker.create({
      connection: this.#native,
      namespace: this.namespace,
      taskQueue,
      workflowBundle: this.#workflowBundle,
      activities,
      dataConverter: this.converter(codec),
      ...options,
    })
  }

  /** Fails where the workflow does otherwise than its history says. */
  async replay(history: unknown, codec: Codec = {}): Promise<void> {
    await Worker.runReplayHistory(
      { workflowBundle: this.#workflowBundle, dataConverter: this.converter(codec) },
      history,
    )
  }

  async close(): Promise<void> {
    await this.#native.close()
    await this.connection.close()
    this.store.close()
  }
}
