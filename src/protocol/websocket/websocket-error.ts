/** Close codes of RFC 6455, section 7.4.1. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** The close frame had no code; never sent. */
  None: 1005,
  TooBig: 1009,
} as const;

/** The peer has broken RFC 6455; `code` is for the close frame that we send. */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
