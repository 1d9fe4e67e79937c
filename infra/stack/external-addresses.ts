import { StackError } from '../stack-error.ts'
import type { StackAddresses } from './stack-addresses.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The setting whose presence says that a server is given and must not be started here. */
export const addressSettings = {
  temporal: 'TEMPORAL_ADDRESS',
  store: 'CLAIMCHECK_STORE_ENDPOINT',
  database: 'CLAIMCHECK_DATABASE_URL',
} as const

/** @default values of the settings beside the addresses */
const defaults = { namespace: 'default', region: 'us-east-1', bucket: 'claimcheck' } as const

/**
 * The servers that the environment names.
 * @throws StackError `STACK_SETTING_INVALID`, naming the setting and never its value
 */
export function externalAddresses(environment: Environment): Partial<StackAddresses> {
  const read = (name: string) => environment[name] || undefined
  const temporal = read(addressSettings.temporal)
  const endpoint = read(addressSettings.store)
  const database = read(addressSettings.database)
  if (endpoint !== undefined) requireUrl(addressSettings.store, endpoint, ['http:', 'https:'])
  if (database !== undefined) {
    requireUrl(addressSettings.database, database, ['postgres:', 'postgresql:'])
  }
  const uiUrl = read('CLAIMCHECK_TEMPORAL_UI_URL')?.replace(/\/+$/, '')
  if (uiUrl !== undefined) requireUrl('CLAIMCHECK_TEMPORAL_UI_URL', uiUrl, ['http:', 'https:'])
  const accessKeyId = read('CLAIMCHECK_STORE_ACCESS_KEY_ID')
  const secretAccessKey = read('CLAIMCHECK_STORE_SECRET_ACCESS_KEY')
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw invalid(
      'CLAIMCHECK_STORE_ACCESS_KEY_ID',
      'needs CLAIMCHECK_STORE_SECRET_ACCESS_KEY beside it',
    )
  }
  const bucket = read('CLAIMCHECK_STORE_BUCKET')
  return {
    ...(temporal !== undefined && {
      temporal: {
        address: temporal,
        namespace: read('TEMPORAL_NAMESPACE') ?? defaults.namespace,
        ...(uiUrl !== undefined && { uiUrl }),
      },
    }),
    // A bucket alone is one on AWS.
    ...((endpoint ?? bucket) !== undefined && {
      store: {
        ...(endpoint !== undefined && { endpoint }),
        region: read('CLAIMCHECK_STORE_REGION') ?? defaults.region,
        bucket: bucket ?? defaults.bucket,
        ...(accessKeyId !== undefined &&
          secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
      },
    }),
    ...(database !== undefined && { database: { url: database } }),
  }
}

function requireUrl(setting: string, value: string, protocols: readonly string[]): void {
  if (!protocols.includes(URL.parse(value)?.protocol ?? '')) {
    throw invalid(setting, `is not a URL that begins with ${protocols.join('// or ')}//`)
  }
}

function invalid(setting: string, complaint: string): StackError {
  return new StackError('STACK_SETTING_INVALID', `${setting} ${complaint}`, {
    remedy: `Correct ${setting}, or unset it to use the embedded server.`,
    at: { setting },
  })
}
