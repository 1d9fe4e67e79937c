import { statSync } from 'node:fs'
import { Client } from 'pg'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import {
  replaceReferences,
  resolveReferences,
  withoutUser,
  type Environment,
} from '../resolve-references.ts'

/**
 * The connection URL of a source, references filled in. What a reference between `://` and `@` stands
 * for is percent-encoded: a password need not be.
 *
 * @throws PipelineError SOURCE_SETTING_MISSING, SOURCE_SETTING_INVALID
 */
export function databaseUrl(template: string, environment: Environment): string {
  const resolve = (text: string) => resolveReferences(text, environment)
  const [, scheme = '', user = ''] = /^(postgres(?:ql)?:\/\/)([^/?#]*@)/i.exec(template) ?? []
  const encoded = replaceReferences(user, (name) => encodeURIComponent(resolve(`\${${name}}`)))
  const url = scheme + encoded + resolve(template.slice(scheme.length + user.length))
  const problem = urlProblem(url)
  if (problem === undefined) return url
  throw new PipelineError(
    'SOURCE_SETTING_INVALID',
    `with its references filled in, the URL ${problem}`,
    {
      at: { url: withoutUser(template) },
      remedy:
        'Correct the variables in the environment of the worker: postgres://user:password@host:port/database.',
    },
  )
}

function urlProblem(text: string): string | undefined {
  if (!/^postgres(?:ql)?:\/\//i.test(text)) return 'does not begin with postgres://'
  const url = URL.parse(text)
  if (url === null) return 'cannot be read'
  // Else a password ends early, and what comes after it is taken for a host.
  const rest = url.pathname + url.search + url.hash
  if (url.hash !== '' || rest.includes('@')) {
    return 'has a # or an @ where none can be: percent-encode the password in it'
  }
  // `pg` reads them at once, and would wait for a pipe, or read a device, for ever.
  const paths = ['sslcert', 'sslkey', 'sslrootcert'].flatMap((name) =>
    url.searchParams.getAll(name),
  )
  if (!paths.every((path) => path === '' || isFile(path))) {
    return 'names a certificate or key that is no file'
  }
  try {
    const { host } = new Client({ connectionString: text })
    return host.startsWith('/') ? 'names a Unix socket, and no host' : undefined
  } catch {
    return 'has parameters that cannot be used'
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
