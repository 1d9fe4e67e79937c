import { spawnSync } from 'node:child_process'

/**
 * Installs a package of Debian's, where the tests own the machine: as root, under `CI=true`. Returns
 * why it did not, or undefined when it did.
 */
export function installDebianPackage(name: string): string | undefined {
  if (process.env['CI'] !== 'true') return 'CI is not true'
  if (process.getuid?.() !== 0) return 'this is not root'
  const install = ['install', '--yes', '--no-install-recommends', name]
  for (const words of [['update'], install]) {
    const { status, error } = spawnSync('apt-get', words, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 300_000,
      stdio: 'ignore',
    })
    // An old list of packages is often good enough.
    if (status !== 0 && words === install) return error?.message ?? `apt-get ended with ${status}`
  }
  return undefined
}
