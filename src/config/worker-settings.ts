import { z } from 'zod'
import { WORKER_ROLES, type WorkerRole } from '../../workflows/task-queues.ts'

/** A release of the workers' code, as Temporal tells them apart. */
export interface DeploymentVersion {
  readonly deploymentName: string
  readonly buildId: string
}

export interface WorkerSettings {
  /** What this worker is there for. */
  readonly roles: readonly WorkerRole[]
  /** Activities of a role at once in a process. */
  readonly concurrency: WorkerConcurrency
  /** Runs stay with the version that they began with. Not set: with whatever worker there is. */
  readonly deploymentVersion?: DeploymentVersion
  /** host:port where its metrics are served to Prometheus. Not set: nowhere. */
  readonly metricsAddress?: string
  /** Where its traces are sent, by OTLP over HTTP. Not set: nowhere. */
  readonly tracesUrl?: string
}

export type WorkerConcurrency = Readonly<Record<Exclude<WorkerRole, 'orchestration'>, number>>

const rolesMessage = `must hold some of ${WORKER_ROLES.join(', ')}, apart by commas`

/** A list such as `fetching,converting`; each role once, in the order of `WORKER_ROLES`. */
export const workerRolesSchema = z
  .string()
  .transform((text) => text.split(',').map((role) => role.trim()))
  .refine((roles) => roles.every(isRole), rolesMessage)
  .transform((roles) => WORKER_ROLES.filter((role) => roles.includes(role)))

const versionMessage =
  'must be a deployment name and a build id with a dot between, such as claimcheck.1.4.0'

/** The name ends at the first dot. Temporal takes neither a dot nor a colon in it. */
export const deploymentVersionSchema = z
  .string()
  .regex(/^[\w-]{1,100}\.[\w.+-]{1,100}$/, versionMessage)
  .transform((text): DeploymentVersion => {
    const dot = text.indexOf('.')
    return { deploymentName: text.slice(0, dot), buildId: text.slice(dot + 1) }
  })

/** Temporal's own exporter resolves no names. */
export const metricsAddressSchema = z
  .string()
  .regex(
    /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]):\d{1,5}$/i,
    'must be an address with a port, such as 127.0.0.1:9464',
  )

export const concurrencySchema = z
  .string()
  .regex(/^([1-9]\d?|100)$/, 'must be a whole number from 1 to 100')
  .transform(Number)

function isRole(text: string): boolean {
  return WORKER_ROLES.some((role) => role === text)
}
