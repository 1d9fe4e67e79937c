import { availableParallelism } from 'node:os'

/**
 * PostgreSQL settings for bulk loads on a developer's machine. Durability is untouched: `fsync`,
 * `full_page_writes` and `synchronous_commit` stay on.
 */
export const databaseSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No socket file: its folder would have to be shared with another account.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  work_mem: '32MB',
  maintenance_work_mem: '256MB',
  effective_cache_size: '2GB',
  random_page_cost: '1.1',
  max_parallel_workers: String(Math.max(2, availableParallelism())),
  // A load writes much in a short time: fewer, longer checkpoints, so that pages are written once.
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  wal_buffers: '16MB',
  // Nothing replicates from here, so COPY into a table of the same transaction needs no log of rows:
  // the table's files are synced at commit instead.
  wal_level: 'minimal',
  max_wal_senders: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}
