/** How the codes of TLS begin that does not come about, however often it is tried. */
export const tlsRefusals = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/

/** What `pg` itself throws for GSSAPI, SSPI and others that it does not speak, and what is told of it. */
export const unknownAuthentication = {
  thrown: /^Unknown authenticationOk message type/,
  said: 'PostgreSQL asks for a way to authenticate that is not known here',
  remedy: 'Let the server’s pg_hba.conf take a password: scram-sha-256.',
}
