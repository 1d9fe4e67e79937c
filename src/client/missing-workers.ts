import { WORKER_ROLES, type WorkerRole } from '../../workflows/task-queues.ts'
import type { QueueWorkers } from './queue-workers.ts'

/** Why new runs would wait, and what ends that. */
export interface MissingWorkers {
  readonly problem: string
  readonly remedy: string
}

/** What is missing, the queues with the same problem together; nothing where each has a worker. */
export function missingWorkers(queues: readonly QueueWorkers[]): MissingWorkers[] {
  const without = queues.filter(({ workers }) => workers === 0)
  const alike = Map.groupBy(without, ({ current, others }) => JSON.stringify([current, others]))
  return [...alike.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : describe(first, group)
  })
}

function describe(
  { current, others }: QueueWorkers,
  group: readonly QueueWorkers[],
): MissingWorkers {
  const names = group.map(({ taskQueue }) => taskQueue).join(', ')
  const queues = `the ${group.length === 1 ? 'queue' : 'queues'} ${names}`
  const worker = workerCommand(group.map(({ role }) => role))
  const versions = others.filter((version) => version !== null)
  if (current !== undefined) {
    return {
      problem: `no worker of ${current}, the current version, polls ${queues}`,
      remedy: `Start \`CLAIMCHECK_DEPLOYMENT_VERSION=${current} ${worker}\`, or make another version current.`,
    }
  }
  const [version = ''] = versions.toReversed()
  if (version === '') {
    return { problem: `no worker polls ${queues}`, remedy: `Start \`${worker}\`.` }
  }
  return {
    problem: `only workers of ${versions.join(', ')} poll ${queues}, and no version is current`,
    remedy: `Make one current: \`${setCurrentCommand(version)}\`.`,
  }
}

function workerCommand(roles: readonly WorkerRole[]): string {
  const isAll = WORKER_ROLES.every((role) => roles.includes(role))
  return isAll ? 'claimcheck worker' : `claimcheck worker --roles ${roles.join(',')}`
}

function setCurrentCommand(version: string): string {
  const dot = version.indexOf('.')
  const [name, buildId] = [version.slice(0, dot), version.slice(dot + 1)]
  return `temporal worker deployment set-current-version --deployment-name ${name} --build-id ${buildId}`
}
