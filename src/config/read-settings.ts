import { delimiter } from 'node:path'
import { z } from 'zod'
import type {
  DatabaseAddress,
  StoreAddress,
  TemporalAddress,
} from '../../infra/stack/stack-addresses.ts'
import { CommandError } from '../command-error.ts'
import { SETTINGS, type SettingName } from './settings.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type LogLevel = (typeof LOG_LEVELS)[number]

/** What the environment says, checked. An address that is not given is the embedded stack's. */
export interface Settings {
  readonly temporal?: TemporalAddress
  readonly store?: StoreAddress
  readonly database?: DatabaseAddress
  /** As written: relative to the working directory. */
  readonly directory: string
  readonly pipelines: readonly string[]
  readonly logLevel: LogLevel
  readonly taskQueue: string
  readonly thresholdBytes: number
}

/** Below, a claim would hardly be smaller than its payload; above, one field could pass 2 MiB. */
const THRESHOLD_BYTES = { least: 1024, most: 1_048_576 }
const thresholdMessage = `must be a whole number of bytes from ${THRESHOLD_BYTES.least} to ${THRESHOLD_BYTES.most}`

const environmentSchema = z.object({
  TEMPORAL_ADDRESS: matching(/^[^\s/@]+:\d{1,5}$/, 'must be host:port').optional(),
  TEMPORAL_NAMESPACE: withDefault('TEMPORAL_NAMESPACE'),
  CLAIMCHECK_STORE_ENDPOINT: url(['http:', 'https:']).optional(),
  CLAIMCHECK_STORE_REGION: withDefault('CLAIMCHECK_STORE_REGION'),
  CLAIMCHECK_STORE_BUCKET: matching(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens',
  ).optional(),
  CLAIMCHECK_STORE_ACCESS_KEY_ID: z.string().optional(),
  CLAIMCHECK_STORE_SECRET_ACCESS_KEY: z.string().optional(),
  CLAIMCHECK_DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
  CLAIMCHECK_DIRECTORY: withDefault('CLAIMCHECK_DIRECTORY'),
  CLAIMCHECK_PIPELINES: z
    .string()
    .default('')
    .transform((paths) => paths.split(delimiter).filter((path) => path !== '')),
  CLAIMCHECK_LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info'),
  CLAIMCHECK_TASK_QUEUE: withDefault('CLAIMCHECK_TASK_QUEUE'),
  CLAIMCHECK_THRESHOLD_BYTES: matching(/^\d{1,12}$/, thresholdMessage)
    .transform(Number)
    .refine(
      (bytes) => bytes >= THRESHOLD_BYTES.least && bytes <= THRESHOLD_BYTES.most,
      thresholdMessage,
    )
    .prefault(defaultOf('CLAIMCHECK_THRESHOLD_BYTES')),
} satisfies Record<SettingName, z.ZodType>)

type Environment = z.output<typeof environmentSchema>

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
    throw invalid(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`))
  }
  const values = parsed.data
  const store = storeAddress(values)
  return {
    ...(values.TEMPORAL_ADDRESS !== undefined && {
      temporal: { address: values.TEMPORAL_ADDRESS, namespace: values.TEMPORAL_NAMESPACE },
    }),
    ...(store !== undefined && { store }),
    ...(values.CLAIMCHECK_DATABASE_URL !== undefined && {
      database: { url: values.CLAIMCHECK_DATABASE_URL },
    }),
    directory: values.CLAIMCHECK_DIRECTORY,
    pipelines: values.CLAIMCHECK_PIPELINES,
    logLevel: values.CLAIMCHECK_LOG_LEVEL,
    taskQueue: values.CLAIMCHECK_TASK_QUEUE,
    thresholdBytes: values.CLAIMCHECK_THRESHOLD_BYTES,
  }
}

function storeAddress(values: Environment): StoreAddress | undefined {
  const endpoint = values.CLAIMCHECK_STORE_ENDPOINT
  const accessKeyId = values.CLAIMCHECK_STORE_ACCESS_KEY_ID
  const secretAccessKey = values.CLAIMCHECK_STORE_SECRET_ACCESS_KEY
  if (accessKeyId === undefined && secretAccessKey !== undefined) {
    throw invalid(['CLAIMCHECK_STORE_ACCESS_KEY_ID must be set with its secret'])
  }
  if (accessKeyId !== undefined && secretAccessKey === undefined) {
    throw invalid(['CLAIMCHECK_STORE_SECRET_ACCESS_KEY must be set with the key id'])
  }
  const bucket = values.CLAIMCHECK_STORE_BUCKET
  if (endpoint === undefined && bucket === undefined) return undefined
  return {
    ...(endpoint !== undefined && { endpoint }),
    region: values.CLAIMCHECK_STORE_REGION,
    bucket: bucket ?? defaultOf('CLAIMCHECK_STORE_BUCKET'),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  }
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

function url(protocols: readonly string[]) {
  return z
    .string()
    .refine(
      (text) => protocols.includes(URL.parse(text)?.protocol ?? ''),
      `must be a URL that begins with ${protocols.join('// or ')}//`,
    )
}

function invalid(problems: readonly string[]): CommandError {
  return new CommandError('SETTING_INVALID', problems.join('; '), {
    remedy: 'Correct or unset the variable; docs/configuration.md describes each.',
  })
}
