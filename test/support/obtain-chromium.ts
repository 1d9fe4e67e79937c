import { findExecutable } from '../../infra/stack/find-executable.ts'
import { installDebianPackage } from './install-debian-package.ts'

export type Chromium = { readonly path: string } | { readonly missing: string }

/** The Chromium that `CHROMIUM_PATH` names, or one on the PATH, or Debian's, or why there is none. */
export function obtainChromium(): Chromium {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined && named !== '') return { path: named }
  const found = find()
  if (found !== undefined) return { path: found }
  const trouble = installDebianPackage('chromium')
  const installed = find()
  if (installed !== undefined) return { path: installed }
  return {
    missing: `no Chromium: CHROMIUM_PATH is not set, there is none on the PATH, and it was not installed because ${trouble ?? 'the package has none'}`,
  }
}

function find(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => findExecutable(name))
    .find((path) => path !== undefined)
}
