import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { ConcurrencyLimit } from '../../codec/concurrency-limit.ts'
import { literal } from './sql-text.ts'

export interface DuckDbOptions {
  /** Folder for what does not fit in memory; made when it is needed. */
  readonly spillDirectory: string
  /** Of the whole process, and of each sandbox beside it. @default '512MiB' */
  readonly memoryLimit?: string
}

/** Sandboxes that work at once, each with the memory limit. */
const sandboxesAtOnce = 2

const interruptIntervalMs = 100

/** Everything needed is built in; nothing is ever downloaded. */
const noDownloads = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' }

/** One DuckDB in memory for the whole process: its memory limit holds for all batches together. */
export class DuckDb {
  readonly #instance: DuckDBInstance
  readonly #spillDirectory: string
  readonly #memoryLimit: string
  readonly #sandboxes = new ConcurrencyLimit(sandboxesAtOnce)

  private constructor(instance: DuckDBInstance, options: Required<DuckDbOptions>) {
    this.#instance = instance
    this.#spillDirectory = options.spillDirectory
    this.#memoryLimit = options.memoryLimit
  }

  static async open({ spillDirectory, memoryLimit = '512MiB' }: DuckDbOptions): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: memoryLimit,
      threads: '2',
      temp_directory: spillDirectory,
      ...noDownloads,
    })
    return new DuckDb(instance, { spillDirectory, memoryLimit })
  }

  /** Runs `work` on a connection of its own, which is interrupted when `signal` aborts. */
  async withConnection<T>(
    signal: AbortSignal,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    return withConnectionOf(this.#instance, signal, work)
  }

  /**
   * Runs `work` on a DuckDB that is safe to give a pipeline's own SQL: it reaches files in `folder` and
   * no others, no network, no other database, and its settings cannot be changed. One thread, so that
   * the same SQL over the same rows gives the same rows in the same order.
   */
  async withSandbox<T>(
    signal: AbortSignal,
    folder: string,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    return this.#sandboxes.run(async () => {
      await mkdir(this.#spillDirectory, { recursive: true })
      const spill = await mkdtemp(join(this.#spillDirectory, 'sandbox-'))
      try {
        return await this.#withLockedInstance(signal, { folder, spill }, work)
      } finally {
        await rm(spill, { recursive: true, force: true })
      }
    }, signal)
  }

  /** As `withSandbox`, for a look at SQL alone: no files, and no wait for those that work. */
  async withoutFiles<T>(
    signal: AbortSignal,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    return this.#withLockedInstance(signal, undefined, work)
  }

  async #withLockedInstance<T>(
    signal: AbortSignal,
    places: { readonly folder: string; readonly spill: string } | undefined,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: this.#memoryLimit,
      threads: '1',
      temp_directory: places?.spill ?? '',
      ...noDownloads,
    })
    try {
      return await withConnectionOf(instance, signal, async (connection) => {
        if (places !== undefined) {
          await connection.run(`SET allowed_directories = [${literal(places.folder)}]`)
        }
        await connection.run('SET enable_external_access = false; SET lock_configuration = true')
        return work(connection)
      })
    } finally {
      instance.closeSync()
    }
  }

  close(): void {
    this.#instance.closeSync()
  }
}

async function withConnectionOf<T>(
  instance: DuckDBInstance,
  signal: AbortSignal,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const connection = await instance.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  let interrupting: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    connection.interrupt()
    // Between two statements an interrupt is lost.
    interrupting = setInterval(() => connection.interrupt(), interruptIntervalMs)
  }
  signal.addEventListener('abort', interrupt)
  try {
    return await work(connection)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', interrupt)
    clearInterval(interrupting)
    connection.closeSync()
  }
}
