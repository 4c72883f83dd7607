/** The close codes of RFC 6455, section 7.4.1, that are used here. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Stands for "the close frame had no code"; never on the wire. */
  None: 1005,
  TooBig: 1009,
} as const;

/** The peer has broken RFC 6455; `code` is what its close frame says. */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
