/** A peer broke the protocol or a limit of ours. The message completes "Disconnected 127.0.0.1:40000: ...". */
export class ZmtpError extends Error {
  override readonly name = "ZmtpError";
}
