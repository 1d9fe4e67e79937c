/** Where the three servers are, however they came to run. */
export interface StackAddresses {
  readonly temporal: TemporalAddress
  readonly store: StoreAddress
  readonly database: DatabaseAddress
}

export interface TemporalAddress {
  /** host:port of the gRPC front end. */
  readonly address: string
  readonly namespace: string
  /** The web interface, where there is one. */
  readonly uiUrl?: string
}

export interface StoreAddress {
  /** Absent means AWS. */
  readonly endpoint?: string
  readonly region: string
  readonly bucket: string
  /** Absent means the AWS default credential chain. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export interface DatabaseAddress {
  /** A PostgreSQL connection URL; may hold a password, so it is never printed whole. */
  readonly url: string
}
