/** The three parts of a stack, in the order in which they are reported. */
export const serverNames = ['temporal', 'store', 'database'] as const

export type ServerName = (typeof serverNames)[number]

/** What each part is when it is started here rather than given by its address. */
export const serverTitles: Readonly<Record<ServerName, string>> = {
  temporal: 'Temporal',
  store: 'SeaweedFS',
  database: 'PostgreSQL',
}
