/** Where a connection really comes from, as its proxy says. */
export interface ProxySource {
  readonly host: string;
  readonly port: number;
}

/** What is known of a header once some bytes have come. */
export type ProxyHeader =
  /** It goes on. */
  | { readonly kind: "partial" }
  | {
      readonly kind: "complete";
      /** Bytes of the header; what follows is the client's. */
      readonly length: number;
      /**
       * Undefined: the proxy speaks for itself (LOCAL), as in a health check, or cannot say (UNKNOWN, UNSPEC, a Unix
       * socket). Then the connection is the proxy's own.
       */
      readonly source: ProxySource | undefined;
    }
  /** `why` for a person to read. */
  | { readonly kind: "invalid"; readonly why: string };

export const partialHeader: ProxyHeader = { kind: "partial" };

export const invalidHeader = (why: string): ProxyHeader => ({ kind: "invalid", why });
