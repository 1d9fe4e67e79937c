import { Connection } from '@temporalio/client'
import { CodedError } from '../../codec/coded-error.ts'
import { createS3ObjectStore } from '../../codec/index.ts'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { WORKER_ROLES } from '../../workflows/task-queues.ts'
import { connectClient } from '../client/connect-temporal.ts'
import {
  createAttributesCommand,
  hasSearchAttributes,
  SEARCH_ATTRIBUTES,
} from '../client/search-attributes.ts'
import { missingWorkers } from '../client/missing-workers.ts'
import { queueWorkers, type QueueWorkers } from '../client/queue-workers.ts'
import { CommandError } from '../command-error.ts'
import type { Settings } from '../config/read-settings.ts'
import { pingDatabase } from '../targets/postgres/ping-database.ts'

export interface HealthCheck {
  readonly name: string
  /** What was found where all is well. */
  readonly finding?: string
  readonly error?: CodedError
}

/** Looks at each part by itself, so that one that is down hides no other. */
export function checkHealth(settings: Settings, addresses: StackAddresses): Promise<HealthCheck[]> {
  const { temporal, store, database } = addresses
  const queues = withClient(settings, addresses, (connection) => {
    const { namespace } = temporal
    return queueWorkers({ connection, namespace, taskQueue: settings.taskQueue })
  })
  return Promise.all([
    check('Node', async () => {
      const [major = 0] = process.versions.node.split('.').map(Number)
      if (major >= 24) return process.versions.node
      throw new CommandError('NODE_TOO_OLD', `this is Node ${process.versions.node}`, {
        remedy: 'Run through npm, which uses the Node 24 of this project.',
      })
    }),
    check('Temporal', () =>
      withClient(settings, addresses, async (connection) => {
        const info = await connection.workflowService.getSystemInfo({})
        return `${temporal.address}, server ${info.serverVersion}, namespace ${temporal.namespace}`
      }),
    ),
    check('search attributes', () =>
      withClient(settings, addresses, async (connection) => {
        const { namespace } = temporal
        if (await hasSearchAttributes({ connection, options: { namespace } })) return attributeNames
        // Runs work without them.
        return `not there: runs cannot be found by them until you run \`${createAttributesCommand(namespace)}\``
      }),
    ),
    ...WORKER_ROLES.map((role) =>
      check(`worker: ${role}`, async () => {
        const own = (await queues).filter((queue) => queue.role === role)
        const [missing] = missingWorkers(own)
        if (missing === undefined) return own.map(describeWorkers).join('')
        throw new CommandError('WORKER_MISSING', missing.problem, { remedy: missing.remedy })
      }),
    ),
    check('S3 store', async () => {
      const objects = createS3ObjectStore(store)
      try {
        await objects.ensureBucket()
        return `${store.endpoint ?? 'AWS'}, bucket ${store.bucket}`
      } finally {
        objects.close()
      }
    }),
    check('PostgreSQL', () => pingDatabase(database.url)),
  ])
}

const attributeNames = Object.values(SEARCH_ATTRIBUTES)
  .map(({ name }) => name)
  .join(', ')

function describeWorkers({ taskQueue, workers, current, others }: QueueWorkers): string {
  const version = current === undefined ? '' : ` of ${current}, which is current`
  const beside = others.map((other) => other ?? 'no version').join(', ')
  return `${workers} on queue ${taskQueue}${version}${beside === '' ? '' : `; beside them those of ${beside}`}`
}

async function check(name: string, look: () => Promise<string>): Promise<HealthCheck> {
  try {
    return { name, finding: await look() }
  } catch (error) {
    if (error instanceof CodedError) return { name, error }
    const message = error instanceof Error ? error.message : String(error)
    return {
      name,
      error: new CommandError('CHECK_FAILED', `it refuses: ${message}`, {
        remedy: 'Check its settings, such as the namespace, and your rights there.',
        cause: error,
      }),
    }
  }
}

async function withClient<T>(
  settings: Settings,
  { temporal, store }: StackAddresses,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const objects = createS3ObjectStore(store)
  try {
    const client = await connectClient(temporal, { ...settings.payloads, store: objects })
    const { connection } = client
    if (!(connection instanceof Connection)) throw new TypeError('not a connection of our own')
    try {
      return await work(connection)
    } finally {
      await connection.close()
    }
  } finally {
    objects.close()
  }
}
