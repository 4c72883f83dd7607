import { asDialError } from "../../../net/dial-error.ts";
import type { AuthContext } from "./context.ts";
import { shownUrl } from "./url.ts";

/** Nothing was learned from who was asked; the message says why, and has nothing of the answer in it. */
export class AskError extends Error {}

/** What came back, whole and small. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A request that has been sent once may be sent again when its connection was an old one that nobody serves any more. */
const broken = ["ECONNRESET", "ConnectionClosed", "EPIPE"];

/**
 * Asks over HTTP. Redirections are not followed: what is asked holds secrets that are for this address only.
 * @throws {AskError}
 */
export async function ask(
  context: Pick<AuthContext, "fetch">,
  url: string,
  request: RequestInit,
  { timeout, maxBytes }: { readonly timeout: number; readonly maxBytes: number },
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeout);
  const options: RequestInit = { ...request, redirect: "manual", signal };
  const attempt = async (): Promise<Answer> => {
    const response = await context.fetch(url, options);
    return { status: response.status, body: await boundedBody(response, maxBytes, signal) };
  };
  try {
    return await attempt().catch((error: unknown) => (isBroken(error) ? attempt() : Promise.reject(error)));
  } catch (error) {
    throw error instanceof AskError ? error : new AskError(whyNot(error, url, timeout), { cause: error });
  }
}

const isBroken = (error: unknown): boolean =>
  error instanceof Error && "code" in error && broken.includes(String(error.code));

/** What is longer is not read to its end, and neither is what takes too long. */
async function boundedBody({ body }: Response, maxBytes: number, signal: AbortSignal): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    const parts: Uint8Array[] = [];
    for (let size = 0; ; ) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return Buffer.concat(parts).toString();
      size += value.length;
      if (size > maxBytes) throw new AskError(`its answer has more than ${maxBytes} bytes`);
      parts.push(value);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

function whyNot(error: unknown, url: string, timeout: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer came within ${timeout} ms`;
  const { protocol, hostname, port } = new URL(url);
  const dial = asDialError(error, hostname, Number(port || (protocol === "https:" ? 443 : 80)));
  if (dial !== undefined) return dial.message;
  // Bun's own messages may quote the whole URL.
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(url, shownUrl(url));
}
