import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

export interface DuckDbOptions {
  /** Folder for what does not fit in memory; made when it is needed. */
  readonly spillDirectory: string
}

/** One DuckDB in memory for the whole process: its memory limit holds for all batches together. */
export class DuckDb {
  readonly #instance: DuckDBInstance

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance
  }

  static async open(options: DuckDbOptions): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: '512MiB',
      threads: '2',
      temp_directory: options.spillDirectory,
      // Everything needed is built in; nothing is ever downloaded.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    return new DuckDb(instance)
  }

  /** Runs `work` on a connection of its own, which is interrupted when `signal` aborts. */
  async withConnection<T>(
    signal: AbortSignal,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const connection = await this.#instance.connect()
    await connection.run(`SET TimeZone = 'UTC'`)
    const interrupt = (): void => connection.interrupt()
    signal.addEventListener('abort', interrupt)
    try {
      return await work(connection)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', interrupt)
      connection.closeSync()
    }
  }

  close(): void {
    this.#instance.closeSync()
  }
}
