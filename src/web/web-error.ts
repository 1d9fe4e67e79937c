import { CodedError } from '../../codec/index.ts'

export type WebErrorCode = 'WEB_SETTING_MISSING' | 'WEB_ADDRESS_UNUSABLE'

/** What keeps `claimcheck web` from serving. */
export class WebError extends CodedError<WebErrorCode> {}
