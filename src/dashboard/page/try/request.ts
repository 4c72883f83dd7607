import type { TryField, TryForm } from "../api/types.ts";
import { parseHex } from "./hex-text.ts";
import { type HttpRequest, httpBytes, isHttpRole, presetOf } from "./http-request.ts";

/** Texts by the fields of a service's form. */
export type Values = Readonly<Record<string, string>>;

export interface FormRequest {
  readonly kind: "form";
  readonly values: Values;
}

export interface FreeHttpRequest {
  readonly kind: "http";
  readonly http: HttpRequest;
}

export interface RawRequest {
  readonly kind: "raw";
  readonly format: "text" | "hex";
  readonly content: string;
  /** The sending side is closed afterwards. */
  readonly finish: boolean;
}

/** A request as it is made up on the page. */
export type TryRequest = FormRequest | FreeHttpRequest | RawRequest;

export type RequestKind = TryRequest["kind"];

/** The ways to make up a request to a service. */
export const kindsFor = ({ role }: TryForm): readonly RequestKind[] =>
  isHttpRole(role) ? ["form", "http", "raw"] : ["form", "raw"];

/** What stands there first. */
export function firstRequest(form: TryForm, kind: RequestKind): TryRequest {
  switch (kind) {
    case "form":
      return { kind, values: defaultsOf(form.fields) };
    case "http":
      return { kind, http: presetOf(form.role, defaultsOf(form.fields)) };
    case "raw":
      return {
        kind,
        format: "text",
        content: rawPresets[form.role] ?? "halo",
        finish: form.role === "oneway",
      };
  }
}

const rawPresets: Readonly<Record<string, string>> = {
  time: "TIME\\r\\n",
  rest: "GET /add?a=5&b=9 HTTP/1.1\\r\\nHost: lab\\r\\nConnection: close\\r\\n\\r\\n",
};

export function defaultsOf(fields: readonly TryField[]): Values {
  return Object.fromEntries(fields.map(({ name, default: value = "" }) => [name, String(value)]));
}

/** The address and the body of the API request that sends it. @throws {Error} when what was typed makes no request */
export function apiRequest(
  form: TryForm,
  request: TryRequest,
): { readonly path: string; readonly body: unknown } {
  const path = `/api/try/${encodeURIComponent(form.service)}`;
  switch (request.kind) {
    case "form":
      return { path, body: request.values };
    case "http": {
      const bytes = toBase64(httpBytes(request.http, form.address));
      return { path: `${path}/raw`, body: { bytes, untilClose: true } };
    }
    case "raw":
      return { path: `${path}/raw`, body: { bytes: toBase64(rawBytes(request)), finish: request.finish } };
  }
}

/** @throws {Error} when it is not hexadecimal */
export function rawBytes({ format, content }: Pick<RawRequest, "format" | "content">): Uint8Array {
  return format === "hex" ? parseHex(content) : new TextEncoder().encode(unescaped(content));
}

/** `\r`, `\n`, `\t`, `\0`, `\x1b` and `\\`: what one cannot type. */
export function unescaped(text: string): string {
  const known: Record<string, string> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" };
  return text.replace(/\\(?:([rnt0\\])|x([0-9a-fA-F]{2}))/g, (_, letter?: string, code?: string) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(code ?? "0", 16)) : (known[letter] ?? letter),
  );
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The request in one line, for the list of earlier ones. */
export function summaryOf(request: TryRequest): string {
  switch (request.kind) {
    case "form":
      return Object.values(request.values).filter(Boolean).join(" · ");
    case "http":
      return `${request.http.method} ${request.http.path}`;
    case "raw":
      return request.content;
  }
}
