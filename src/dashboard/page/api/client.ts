import { cell } from "../state/store.ts";

/** What the server refused, in its own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Kept while the tab lives, and no longer: who closes it leaves nothing on a shared machine. */
const tokenKey = "distsrv-token";
/** True once the server has answered 401: the page asks for the token. */
export const tokenWanted = cell(false);

export function rememberToken(token: string): void {
  sessionStorage.setItem(tokenKey, token);
  tokenWanted.set(false);
}

/** `fetch` with the token. @throws {ApiError} when the answer is not a good one */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(tokenKey);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401) tokenWanted.set(true);
  if (!response.ok) throw new ApiError(response.status, await complaint(response));
  return response;
}

/** The one place where what the server says is taken for what its contract promises. */
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

async function complaint(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "error" in body) return String(body.error);
  } catch {
    // Not JSON: somebody between the page and the server has answered.
  }
  return text.slice(0, 200) || `HTTP status ${response.status}`;
}

/** For a person to read. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
