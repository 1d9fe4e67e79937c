import { delimiter } from 'node:path'
import { z } from 'zod'
import { CommandError } from '../command-error.ts'
import { SETTINGS, type SettingName } from './settings.ts'

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type LogLevel = (typeof LOG_LEVELS)[number]

/** What the environment says, checked; the servers' addresses are `infra/stack`'s to read. */
export interface Settings {
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
    throw invalid(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`))
  }
  const values = parsed.data
  return {
    directory: values.CLAIMCHECK_DIRECTORY,
    pipelines: values.CLAIMCHECK_PIPELINES,
    logLevel: values.CLAIMCHECK_LOG_LEVEL,
    taskQueue: values.CLAIMCHECK_TASK_QUEUE,
    thresholdBytes: values.CLAIMCHECK_THRESHOLD_BYTES,
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

function invalid(problems: readonly string[]): CommandError {
  return new CommandError('SETTING_INVALID', problems.join('; '), {
    remedy: 'Correct or unset the variable; docs/configuration.md describes each.',
  })
}
