import { delimiter } from 'node:path'
import { z } from 'zod'
import type { ClaimCheckCodecOptions } from '../../codec/index.ts'
import { parseBucketList, type ListedBucket } from '../sources/files/source-buckets.ts'
import { parseHostList, type HostList } from '../sources/host-list.ts'
import { readEncryptionKeys } from './read-encryption-keys.ts'
import { settingInvalid } from './setting-invalid.ts'
import { SETTINGS, type SettingName } from './settings.ts'
import {
  concurrencySchema,
  deploymentVersionSchema,
  metricsAddressSchema,
  workerRolesSchema,
  type WorkerSettings,
} from './worker-settings.ts'
import { WORKER_ROLES } from '../../workflows/task-queues.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type LogLevel = (typeof LOG_LEVELS)[number]

/** What the environment says, checked; the servers' addresses are `infra/stack`'s to read. */
export interface Settings {
  /** As written: relative to the working directory. */
  readonly directory: string
  readonly pipelines: readonly string[]
  /** Where workers take modules of pipelines from. */
  readonly modules: readonly string[]
  readonly logLevel: LogLevel
  readonly taskQueue: string
  readonly worker: WorkerSettings
  readonly payloads: PayloadSettings
  readonly web: WebSettings
  /** Not set: those that pipelines name, and what is public. */
  readonly sourceHosts?: HostList
  /** Relative to the working directory. Not set: that one alone. */
  readonly sourceDirectories?: readonly string[]
  /** Not set: all that the credentials of the worker's own store reach. */
  readonly sourceBuckets?: readonly ListedBucket[]
}

/** What workers, commands and the codec server all tell the codec. */
export type PayloadSettings = Pick<ClaimCheckCodecOptions, 'encryption' | 'diskCache'> & {
  readonly thresholdBytes: number
}

export interface WebSettings {
  readonly host: string
  readonly port: number
  readonly token?: string
  /** Of the console of the store, without a slash at the end. */
  readonly storeConsoleUrl?: string
  /** Not set: that of the Temporal UI, where it is known. */
  readonly origins?: readonly string[]
}

/** Below, a claim would hardly be smaller than its payload; above, one field could pass 2 MiB. */
const THRESHOLD_BYTES = { least: 1024, most: 1_048_576 }
const thresholdMessage = `must be a whole number of bytes from ${THRESHOLD_BYTES.least} to ${THRESHOLD_BYTES.most}`

const portMessage = 'must be a port from 0 to 65535'

const httpUrl = z
  .string()
  .refine((text) => /^https?:/.test(text) && URL.canParse(text), 'must be an http(s) URL')

const environmentSchema = z.object({
  CLAIMCHECK_DIRECTORY: withDefault('CLAIMCHECK_DIRECTORY'),
  CLAIMCHECK_PIPELINES: z.string().default('').transform(pathsOf),
  CLAIMCHECK_MODULES: withDefault('CLAIMCHECK_MODULES').transform(pathsOf),
  CLAIMCHECK_SOURCE_HOSTS: z
    .string()
    .transform((text, context) => {
      const list = parseHostList(text)
      if (list !== undefined) return list
      const message = 'must hold hosts like api.example.com, *.example.com or 10.1.0.0/16'
      context.issues.push({ code: 'custom', message, input: text })
      return z.NEVER
    })
    .optional(),
  CLAIMCHECK_SOURCE_DIRECTORIES: z
    .string()
    .transform(pathsOf)
    .refine((paths) => paths.length > 0, 'must hold directories')
    .optional(),
  CLAIMCHECK_SOURCE_BUCKETS: z
    .string()
    .transform((text, context) => {
      const list = parseBucketList(text)
      if (list !== undefined) return list
      const message = 'must hold buckets, or folders in them, like lake or lake/exports'
      context.issues.push({ code: 'custom', message, input: text })
      return z.NEVER
    })
    .optional(),
  CLAIMCHECK_LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info'),
  CLAIMCHECK_TASK_QUEUE: withDefault('CLAIMCHECK_TASK_QUEUE'),
  CLAIMCHECK_WORKER_ROLES: workerRolesSchema.default([...WORKER_ROLES]),
  CLAIMCHECK_FETCHING_CONCURRENCY: concurrencySchema.prefault(
    defaultOf('CLAIMCHECK_FETCHING_CONCURRENCY'),
  ),
  CLAIMCHECK_CONVERTING_CONCURRENCY: concurrencySchema.prefault(
    defaultOf('CLAIMCHECK_CONVERTING_CONCURRENCY'),
  ),
  CLAIMCHECK_LOADING_CONCURRENCY: concurrencySchema.prefault(
    defaultOf('CLAIMCHECK_LOADING_CONCURRENCY'),
  ),
  CLAIMCHECK_METRICS_ADDRESS: metricsAddressSchema.optional(),
  CLAIMCHECK_TRACES_URL: httpUrl.optional(),
  CLAIMCHECK_DEPLOYMENT_VERSION: deploymentVersionSchema.optional(),
  CLAIMCHECK_THRESHOLD_BYTES: matching(/^\d{1,12}$/, thresholdMessage)
    .transform(Number)
    .refine(
      (bytes) => bytes >= THRESHOLD_BYTES.least && bytes <= THRESHOLD_BYTES.most,
      thresholdMessage,
    )
    .prefault(defaultOf('CLAIMCHECK_THRESHOLD_BYTES')),
  CLAIMCHECK_ENCRYPTION_KEYS: z.string().optional(),
  CLAIMCHECK_ENCRYPTION_KEYS_FILE: z.string().optional(),
  CLAIMCHECK_CACHE_DIRECTORY: z.string().optional(),
  CLAIMCHECK_CACHE_BYTES: matching(/^[1-9]\d{0,14}$/, 'must be a whole number of bytes')
    .transform(Number)
    .prefault(defaultOf('CLAIMCHECK_CACHE_BYTES')),
  CLAIMCHECK_WEB_HOST: withDefault('CLAIMCHECK_WEB_HOST'),
  CLAIMCHECK_WEB_PORT: matching(/^\d{1,5}$/, portMessage)
    .transform(Number)
    .refine((port) => port <= 65_535, portMessage)
    .prefault(defaultOf('CLAIMCHECK_WEB_PORT')),
  CLAIMCHECK_WEB_TOKEN: z.string().optional(),
  CLAIMCHECK_STORE_CONSOLE_URL: httpUrl.transform((text) => text.replace(/\/+$/, '')).optional(),
  CLAIMCHECK_WEB_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine((origins) => origins.every(isOrigin), 'must hold origins like https://ui.example.com')
    .optional(),
} satisfies Partial<Record<SettingName, z.ZodType>>)

/**
 * Reads the settings of `docs/configuration.md` from an environment.
 * @throws CommandError SETTING_INVALID, naming each variable that is wrong and never its value.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  // An empty variable is one that a shell could not unset.
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success) {
    throw settingInvalid(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
    )
  }
  const values = parsed.data
  return {
    directory: values.CLAIMCHECK_DIRECTORY,
    pipelines: values.CLAIMCHECK_PIPELINES,
    modules: values.CLAIMCHECK_MODULES,
    logLevel: values.CLAIMCHECK_LOG_LEVEL,
    taskQueue: values.CLAIMCHECK_TASK_QUEUE,
    worker: workerSettings(values),
    payloads: payloadSettings(values),
    web: webSettings(values),
    ...(values.CLAIMCHECK_SOURCE_HOSTS === undefined
      ? {}
      : { sourceHosts: values.CLAIMCHECK_SOURCE_HOSTS }),
    ...(values.CLAIMCHECK_SOURCE_DIRECTORIES === undefined
      ? {}
      : { sourceDirectories: values.CLAIMCHECK_SOURCE_DIRECTORIES }),
    ...(values.CLAIMCHECK_SOURCE_BUCKETS === undefined
      ? {}
      : { sourceBuckets: values.CLAIMCHECK_SOURCE_BUCKETS }),
  }
}

function payloadSettings(values: z.infer<typeof environmentSchema>): PayloadSettings {
  const encryption = readEncryptionKeys(values)
  const directory = values.CLAIMCHECK_CACHE_DIRECTORY
  return {
    thresholdBytes: values.CLAIMCHECK_THRESHOLD_BYTES,
    ...(encryption === undefined ? {} : { encryption }),
    ...(directory === undefined
      ? {}
      : { diskCache: { directory, maxBytes: values.CLAIMCHECK_CACHE_BYTES } }),
  }
}

function workerSettings(values: z.infer<typeof environmentSchema>): WorkerSettings {
  const deploymentVersion = values.CLAIMCHECK_DEPLOYMENT_VERSION
  const metricsAddress = values.CLAIMCHECK_METRICS_ADDRESS
  const tracesUrl = values.CLAIMCHECK_TRACES_URL
  return {
    roles: values.CLAIMCHECK_WORKER_ROLES,
    concurrency: {
      fetching: values.CLAIMCHECK_FETCHING_CONCURRENCY,
      converting: values.CLAIMCHECK_CONVERTING_CONCURRENCY,
      loading: values.CLAIMCHECK_LOADING_CONCURRENCY,
    },
    ...(deploymentVersion === undefined ? {} : { deploymentVersion }),
    ...(metricsAddress === undefined ? {} : { metricsAddress }),
    ...(tracesUrl === undefined ? {} : { tracesUrl }),
  }
}

function webSettings(values: z.infer<typeof environmentSchema>): WebSettings {
  const { CLAIMCHECK_WEB_TOKEN: token, CLAIMCHECK_WEB_ORIGINS: origins } = values
  const storeConsoleUrl = values.CLAIMCHECK_STORE_CONSOLE_URL
  return {
    host: values.CLAIMCHECK_WEB_HOST,
    port: values.CLAIMCHECK_WEB_PORT,
    ...(token === undefined ? {} : { token }),
    ...(origins === undefined ? {} : { origins }),
    ...(storeConsoleUrl === undefined ? {} : { storeConsoleUrl }),
  }
}

/** A list of paths, separated like those of `PATH`. */
function pathsOf(text: string): string[] {
  return text.split(delimiter).filter((path) => path !== '')
}

function isOrigin(text: string): boolean {
  return URL.parse(text)?.origin === text
}

function defaultOf(name: SettingName): string {
  return SETTINGS.find((setting) => setting.name === name)?.defaultValue ?? ''
}

function withDefault(name: SettingName) {
  return z.string().default(defaultOf(name))
}

function matching(pattern: RegExp, message: string) {
  return z.string().regex(pattern, message)
}
