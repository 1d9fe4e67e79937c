/** How the codes of TLS begin that does not come about, however often it is tried. */
export const tlsRefusals = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/

/** What `pg` itself throws for GSSAPI, SSPI and others that it does not speak, and what is told of it. */
export const unknownAuthentication = {
  thrown: /^Unknown authenticationOk message type/,
  said: 'PostgreSQL asks for a way to authenticate that is not known here',
  remedy: 'Let the server’s pg_hba.conf take a password: scram-sha-256.',
}

export interface PoolerRefusal {
  readonly kind: 'pool-mode' | 'login' | 'parameter'
  readonly says: RegExp
  /** @param url What the address is called in the settings. */
  readonly remedy: (url: string) => string
}

const poolerRefusals: readonly PoolerRefusal[] = [
  {
    kind: 'pool-mode',
    says: /statement pooling mode/,
    remedy: () => 'Set `pool_mode` of the pooler to transaction or session, or go around it.',
  },
  {
    kind: 'login',
    says: /^(no such (database|user)|database ".*" does not exist|(SASL|password) authentication failed)/,
    remedy: (url) => `Correct the user, password or database in ${url}, or what the pooler knows.`,
  },
  {
    kind: 'parameter',
    says: /^unsupported startup parameter/,
    remedy: (url) => `Take it out of ${url}, or name it in \`ignore_startup_parameters\`.`,
  },
]

/**
 * What a pooler such as PgBouncer says for good; undefined for all else. It says so under the SQLSTATE that
 * it has for a connection that it lost too.
 */
export function poolerRefusal(sqlState: string, message: string): PoolerRefusal | undefined {
  if (sqlState !== '08P01') return undefined
  return poolerRefusals.find(({ says }) => says.test(message))
}
