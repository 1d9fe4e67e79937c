import type { Logger } from 'pino'
import {
  ClaimCheckCodec,
  createCodecServer,
  createS3ObjectStore,
  type CodedError,
  type ObjectStore,
} from '../../codec/index.ts'
import type { StackAddresses, TemporalAddress } from '../../infra/stack/stack-addresses.ts'
import type { PayloadSettings, WebSettings } from '../config/read-settings.ts'
import { startWebServer } from './start-web-server.ts'
import { createWebApp } from './web-app.ts'
import { WebError } from './web-error.ts'

export interface RunWebOptions {
  readonly addresses: Pick<StackAddresses, 'temporal' | 'store'>
  readonly payloads: PayloadSettings
  readonly web: WebSettings
  readonly logger: Logger
  /** Called with the address when it listens. */
  readonly onReady: (url: string) => void
  readonly signal: AbortSignal
}

/** What one answer may hold, and so what one payload may be inflated to. */
const maxDecodedBytes = 64 * 1024 ** 2

/**
 * Serves until `signal` aborts.
 *
 * Throws `WEB_SETTING_MISSING` where it would listen beyond this machine without a token, and
 * `WEB_ADDRESS_UNUSABLE`.
 */
export async function runWeb(options: RunWebOptions): Promise<void> {
  const { web, signal, onReady } = options
  if (web.token === undefined && !isLoopback(web.host)) throw tokenMissing(web.host)
  const store = createS3ObjectStore(options.addresses.store)
  try {
    const app = createWebApp({ codecServer: codecServerOn(store, options) })
    const server = await startWebServer({ ...web, fetch: app.fetch })
    onReady(server.url)
    await aborted(signal)
    await server.stop()
  } finally {
    store.close()
  }
}

function codecServerOn(store: ObjectStore, options: RunWebOptions) {
  const { addresses, payloads, web, logger } = options
  const { namespace } = addresses.temporal
  const codec = new ClaimCheckCodec({
    ...payloads,
    store,
    namespace,
    maxPayloadBytes: maxDecodedBytes,
    onWarning: ({ code, message }) => logger.warn({ code }, message),
  })
  return createCodecServer({
    codecs: { [namespace]: codec },
    ...(web.token === undefined ? {} : { token: web.token }),
    allowedOrigins: web.origins ?? uiOrigins(addresses.temporal),
    maxDecodedBytes,
    onFailure: (error) => logFailure(logger, error),
  })
}

/** The embedded UI, under both names that people open it by. */
function uiOrigins({ uiUrl }: TemporalAddress): string[] {
  if (uiUrl === undefined) return []
  const { origin } = new URL(uiUrl)
  return [origin, origin.replace('127.0.0.1', 'localhost')]
}

/** Of a defect, where it happened; its message may quote data. */
function logFailure(logger: Logger, error: CodedError): void {
  const { code, message, cause } = error
  if (code !== 'CODEC_FAILED') {
    logger.warn({ code }, message)
    return
  }
  const { name, stack = '' } = cause instanceof Error ? cause : new Error()
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line))
  logger.error({ code, name, frames }, message)
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)
}

function tokenMissing(host: string): WebError {
  return new WebError('WEB_SETTING_MISSING', 'Without a token it listens on this machine only', {
    remedy: 'Set CLAIMCHECK_WEB_TOKEN, or listen at 127.0.0.1.',
    at: { host },
  })
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true })
  })
}
