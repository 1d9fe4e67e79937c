import { readFileSync } from 'node:fs'
import { CodedError } from '../../codec/coded-error.ts'
import { parseKeys, type EncryptionKeys } from '../../codec/encryption-keys.ts'
import { settingInvalid } from './setting-invalid.ts'

interface KeyVariables {
  readonly CLAIMCHECK_ENCRYPTION_KEYS?: string | undefined
  readonly CLAIMCHECK_ENCRYPTION_KEYS_FILE?: string | undefined
}

/**
 * The keys that the one variable holds or the file that the other names; none where neither is set.
 * @throws CommandError SETTING_INVALID
 */
export function readEncryptionKeys(variables: KeyVariables): EncryptionKeys | undefined {
  const { CLAIMCHECK_ENCRYPTION_KEYS: text, CLAIMCHECK_ENCRYPTION_KEYS_FILE: path } = variables
  if (path === undefined) {
    return text === undefined ? undefined : keysIn('CLAIMCHECK_ENCRYPTION_KEYS', () => text)
  }
  if (text === undefined) {
    return keysIn('CLAIMCHECK_ENCRYPTION_KEYS_FILE', () => readFileSync(path, 'utf8'))
  }
  throw settingInvalid(
    'CLAIMCHECK_ENCRYPTION_KEYS and CLAIMCHECK_ENCRYPTION_KEYS_FILE are both set: set one',
  )
}

function keysIn(variable: string, read: () => string): EncryptionKeys {
  try {
    return parseKeys(read())
  } catch (error) {
    const reason = error instanceof CodedError ? error.message : 'the file cannot be read'
    throw settingInvalid(`${variable} must hold encryption keys: ${reason}`, error)
  }
}
