import { createHash, timingSafeEqual } from "node:crypto";

/** Whether an Authorization header shows the token. It takes as long for a wrong one as for one nearly right. */
export function showsToken(header: string | undefined, token: string): boolean {
  const [, shown] = /^Bearer +(\S+) *$/i.exec(header ?? "") ?? [];
  // Digests are of one length, whatever is shown.
  return shown !== undefined && timingSafeEqual(digest(shown), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
