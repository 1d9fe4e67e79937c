import type { Client } from '@temporalio/client'
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
import { connectOnDemand } from './connect-on-demand.ts'
import { openSchedules } from '../client/open-schedules.ts'
import { openCoverage } from '../targets/open-coverage.ts'
import type { HostList } from '../sources/host-list.ts'
import type { Environment } from '../sources/resolve-references.ts'
import type { ApiServices } from './api/api-services.ts'
import { createApi } from './api/create-api.ts'
import { EventStreams } from './api/event-streams.ts'
import { createPages } from './page/create-pages.ts'
import { openPageServices, type OpenedPageServices } from './page/open-page-services.ts'
import { startWebServer } from './start-web-server.ts'
import { createWebApp } from './web-app.ts'
import { WebError } from './web-error.ts'

export interface RunWebOptions {
  readonly addresses: Pick<StackAddresses, 'temporal' | 'store'> &
    Partial<Pick<StackAddresses, 'database'>>
  readonly payloads: PayloadSettings
  readonly web: WebSettings
  /** Where pipelines are found by name. */
  readonly directories: readonly string[]
  /** Of the runs that are started. */
  readonly taskQueue: string
  /** Where `${NAME}` references of targets are looked up. */
  readonly environment: Environment
  /** The only hosts that targets may be at. @default those that pipelines name, and what is public */
  readonly allowedHosts?: HostList | undefined
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
  const temporal = connectOnDemand(options.addresses.temporal, { ...options.payloads, store })
  const coverage = coverageOf(options)
  let pageServices: OpenedPageServices | undefined
  try {
    const connected = { client: () => temporal.client(), store, coverage }
    const guarded = guardedBy(options)
    const services = servicesOf(options, connected)
    pageServices = openPageServices({ ...options, services, store })
    const app = createWebApp({
      codecServer: codecServerOn(store, options),
      api: createApi({ ...guarded, services }),
      pages: createPages({ ...guarded, services: pageServices }),
    })
    const server = await startWebServer({ ...web, fetch: app.fetch })
    onReady(server.url)
    await aborted(signal)
    await server.stop()
  } finally {
    await temporal.close()
    await coverage?.close()
    await pageServices?.close()
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

/** What is loaded; known where the database is. */
function coverageOf({ addresses, environment, allowedHosts }: RunWebOptions) {
  const { database, store } = addresses
  if (database === undefined) return undefined
  return openCoverage({ databaseUrl: database.url, store, environment, allowedHosts })
}

function guardedBy({ logger, web }: RunWebOptions) {
  const onFailure = (error: CodedError): void => logFailure(logger, error)
  return { host: web.host, token: web.token, onFailure }
}

function servicesOf(
  options: RunWebOptions,
  { store, ...connected }: Pick<ApiServices, 'client' | 'coverage' | 'store'>,
): ApiServices {
  const { addresses, directories, payloads, signal, taskQueue } = options
  const { namespace, uiUrl } = addresses.temporal
  const schedules = (client: Client) => openSchedules(client, { ...payloads, store })
  const streams = new EventStreams(signal)
  return {
    ...connected,
    directories,
    namespace,
    schedules,
    signal,
    store,
    streams,
    taskQueue,
    uiUrl,
  }
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
  if (code !== 'CODEC_FAILED' && code !== 'WEB_FAILED') {
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
