import { store } from "../state/store.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: { status: (code: number) => `The server answered with HTTP status ${code}` },
  id: { status: (code) => `Server menjawab dengan status HTTP ${code}` },
});

/** An error status from the server, with the server's message. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** In sessionStorage, so that it is gone when the tab is closed: machines in a lab are shared. */
const tokenKey = "distsrv-token";
/** True after a 401 to the token that there is: the page asks the user for the token. */
export const tokenRequired = store(false);
/** The user wants to use another token, and may think better of it. */
let isVoluntary = false;

/** The page asks for another token. */
export function askForToken(): void {
  isVoluntary = true;
  tokenRequired.set(true);
}

/** Undefined: without another token there is nothing to be seen. */
export const keepToken = (): (() => void) | undefined =>
  isVoluntary ? () => tokenRequired.set(false) : undefined;

export function rememberToken(token: string): void {
  sessionStorage.setItem(tokenKey, token);
  tokenRequired.set(false);
}

/** `fetch` with the token. @throws {ApiError} on an error status */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(tokenKey);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers });
  // The answer to a token that was another one then says nothing of this one.
  if (response.status === 401 && token === sessionStorage.getItem(tokenKey)) {
    isVoluntary = false;
    tokenRequired.set(true);
  }
  if (!response.ok) throw new ApiError(response.status, await messageOf(response));
  return response;
}

/** The answer is cast to `T` without a check: the page trusts its own server. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}

export async function postJson<T>(path: string, body?: unknown): Promise<T> {
  const init =
    body === undefined
      ? { method: "POST" }
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await request(path, init);
  return (await response.json()) as T;
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "error" in body) return String(body.error);
  } catch {
    // Not JSON: a proxy has answered.
  }
  return text.slice(0, 200) || words.status(response.status);
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
