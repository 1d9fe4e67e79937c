import type { Client } from '@temporalio/client'
import { CodedError } from '../../codec/coded-error.ts'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { WORKER_ROLES } from '../../workflows/task-queues.ts'
import {
  createAttributesCommand,
  hasSearchAttributes,
  SEARCH_ATTRIBUTES,
} from '../client/search-attributes.ts'
import { isOutOfReach } from '../client/is-out-of-reach.ts'
import { missingWorkers } from '../client/missing-workers.ts'
import { queueWorkers, type QueueWorkers } from '../client/queue-workers.ts'
import { CommandError } from '../command-error.ts'
import { pingDatabase } from '../targets/postgres/ping-database.ts'

export interface HealthCheck {
  readonly name: string
  /** What was found where all is well. */
  readonly finding?: string
  readonly error?: CodedError
}

interface HealthRequest {
  /** Of parts that are known: a database that is not is not looked at. */
  readonly addresses: Pick<StackAddresses, 'temporal' | 'store'> &
    Partial<Pick<StackAddresses, 'database'>>
  /** Of the workers. */
  readonly taskQueue: string
  /** The same client, however often it is asked for. */
  readonly connect: () => Promise<Client>
  /** Fails where the bucket cannot be used. */
  readonly checkBucket: () => Promise<void>
}

const timeoutMs = 10_000

/** Looks at each part by itself, so that one that is down hides no other. */
export function checkHealth({
  addresses: { temporal, store, database },
  taskQueue,
  connect,
  checkBucket,
}: HealthRequest): Promise<HealthCheck[]> {
  const { namespace } = temporal
  const askTemporal = async <Answer>(
    work: (client: Client) => Promise<Answer>,
  ): Promise<Answer> => {
    const client = await connect()
    return client.withDeadline(Date.now() + timeoutMs, () => work(client))
  }
  const queues = askTemporal(({ connection }) => queueWorkers({ connection, namespace, taskQueue }))
  // Each check of a worker tells of it.
  queues.catch(() => undefined)
  return Promise.all([
    check('Node', async () => {
      const [major = 0] = process.versions.node.split('.').map(Number)
      if (major >= 24) return process.versions.node
      throw new CommandError('NODE_TOO_OLD', `this is Node ${process.versions.node}`, {
        remedy: 'Run through npm, which uses the Node 24 of this project.',
      })
    }),
    check('Temporal', async () => {
      const { serverVersion } = await askTemporal(({ connection }) =>
        connection.workflowService.getSystemInfo({}),
      )
      return `${temporal.address}, server ${serverVersion}, namespace ${namespace}`
    }),
    check('search attributes', async () => {
      if (await askTemporal(hasSearchAttributes)) return attributeNames
      // Runs work without them.
      return `not there: runs cannot be found by them until you run \`${createAttributesCommand(namespace)}\``
    }),
    ...WORKER_ROLES.map((role) =>
      check(`worker: ${role}`, async () => {
        const own = (await queues).filter((queue) => queue.role === role)
        const [missing] = missingWorkers(own)
        if (missing === undefined) return own.map(describeWorkers).join('')
        throw new CommandError('WORKER_MISSING', missing.problem, { remedy: missing.remedy })
      }),
    ),
    check('S3 store', async () => {
      await checkBucket()
      return `${store.endpoint ?? 'AWS'}, bucket ${store.bucket}`
    }),
    ...(database === undefined ? [] : [check('PostgreSQL', () => pingDatabase(database.url))]),
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
    if (isOutOfReach(error)) return { name, error: unreachable(error) }
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

/** Of a connection that was there. */
function unreachable(cause: unknown): CommandError {
  return new CommandError('TEMPORAL_UNREACHABLE', 'Temporal does not answer', {
    remedy: 'See that it runs; the runs go on by themselves.',
    retryable: true,
    cause,
  })
}
