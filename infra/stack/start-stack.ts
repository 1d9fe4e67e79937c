import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { StackError } from '../stack-error.ts'
import { checkAddresses } from './check-addresses.ts'
import { type Environment, externalAddresses } from './external-addresses.ts'
import { runningAddresses } from './running-addresses.ts'
import { serverNames } from './server-name.ts'
import type { StackAddresses } from './stack-addresses.ts'
import { readCredentials } from './stack-credentials.ts'
import { stackPaths } from './stack-paths.ts'
import { readLiveState, type StackState } from './stack-state.ts'
import { startSupervisor, type Supervisor } from './start-supervisor.ts'
import { stopStack } from './stop-stack.ts'

export interface StartStackOptions {
  /** Where data, logs, secrets and state lie, e.g. `.claimcheck` in the project. */
  readonly directory: string
  /** `attached` ends with this process, however it ends; `detached` lives until it is stopped. */
  readonly lifetime: 'attached' | 'detached'
  /** Called with one line for each step. */
  readonly onProgress?: (text: string) => void
  /** Where addresses of servers that need not be started are looked for. @default process.env */
  readonly environment?: Environment
}

export interface RunningStack {
  readonly addresses: StackAddresses
  /** Pages for people: the Temporal UI and a browser of the bucket, where they are known. */
  readonly urls: { readonly temporalUi?: string; readonly storeBrowser?: string }
  /** Whether this call started it. */
  readonly owned: boolean
  /** Ends the stack if it is owned, and returns when no process of it is left. */
  stop(): Promise<void>
}

/** Milliseconds to wait for a start or a stop that somebody else has under way. */
const busyTimeoutMs = 180_000

/**
 * The three servers, ready for work: those that the environment names, the rest started here. A
 * stack that runs in the directory already is used as it is.
 * @throws StackError
 */
export async function startStack(options: StartStackOptions): Promise<RunningStack> {
  const paths = stackPaths(resolve(options.directory))
  const environment = options.environment ?? process.env
  const external = externalAddresses(environment)
  const names = serverNames.filter((name) => external[name] === undefined)
  await checkAddresses(external, environment)
  const { temporal, store, database } = external
  if (temporal && store && database) return notOwned({ temporal, store, database })
  const deadline = Date.now() + busyTimeoutMs
  while (Date.now() < deadline) {
    const live = readLiveState(paths.state)
    if (live?.phase === 'ready') {
      const lacking = names.find((name) => live.addresses[name] === undefined)
      if (lacking !== undefined) throw differs(lacking)
      const stack = notOwned(addressesOf(live), live)
      await checkAddresses(stack.addresses, environment)
      return stack
    }
    if (live === undefined) {
      const supervisor = await startSupervisor({
        paths,
        names,
        lifetime: options.lifetime,
        onProgress: options.onProgress ?? (() => {}),
      })
      const started = readLiveState(paths.state)
      if (supervisor !== undefined && started !== undefined) return owned(started, supervisor)
    }
    await sleep(100)
  }
  throw new StackError(
    'STACK_BUSY',
    'another process starts or stops this stack, and does not end',
    {
      remedy: 'Stop the stack and start it again.',
      retryable: true,
      at: { directory: paths.directory },
    },
  )

  function addressesOf(state: StackState): StackAddresses {
    const credentials = readCredentials(paths.credentials)
    if (credentials !== undefined) return runningAddresses(state, credentials, external)
    throw new StackError('STACK_STOPPED', 'the secrets of the running stack are gone', {
      remedy: 'Put the file back, or stop the stack and remove its directory.',
      at: { file: paths.credentials },
    })
  }

  function owned(state: StackState, supervisor: Supervisor): RunningStack {
    return {
      ...notOwned(addressesOf(state), state),
      owned: true,
      async stop() {
        if (options.lifetime === 'attached') await supervisor.release()
        else await stopStack(paths.directory)
      },
    }
  }
}

function notOwned(addresses: StackAddresses, state?: StackState): RunningStack {
  const temporalUi = addresses.temporal.uiUrl
  const own = state?.addresses.store
  const storeBrowser = own?.endpoint === addresses.store.endpoint ? own?.browserUrl : undefined
  const urls = {
    ...(temporalUi !== undefined && { temporalUi }),
    ...(storeBrowser !== undefined && { storeBrowser }),
  }
  return { addresses, urls, owned: false, async stop() {} }
}

function differs(lacking: string): StackError {
  return new StackError('STACK_DIFFERS', `the running stack was started without a ${lacking}`, {
    remedy: 'Stop it and start it again, or give the address as it was given then.',
    at: { server: lacking },
  })
}
