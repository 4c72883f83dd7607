import type { ConnectContext } from "./connect-context.ts";

const ended = {
  token: "its token has expired",
  service: "the authentication service let it in until now",
} as const;

/** Who was let in until some time has to connect again then. One timer serves all of them: that of the broker. */
export function endInTime({ connection }: ConnectContext): void {
  const { grant } = connection.identity;
  if (grant?.until !== undefined) connection.endAfter(grant.until - Date.now(), ended[grant.by]);
}
