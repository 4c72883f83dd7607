import type { Fields } from "../../core/traffic.ts";
import type { Message } from "../conversation/step.ts";
import type { HeaderFields } from "../http/header-fields.ts";
import { printable } from "../text/printable.ts";
import type { BodyText } from "./body-text.ts";
import { describeRpc } from "./json-rpc-text.ts";
import { describeSoap } from "./soap-text.ts";

export type HttpMessage =
  | {
      readonly kind: "request";
      readonly method: string;
      /** Without secrets. */
      readonly target: string;
      readonly version: string;
      readonly fields: HeaderFields;
    }
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly reason: string;
      readonly version: string;
      readonly fields: HeaderFields;
    };

const maxShown = 80;

/** @param body its first bytes; @param length of the whole body */
export function describeHttp(
  message: HttpMessage,
  body: Buffer,
  length: number,
): Message & { isError: boolean } {
  const type = message.fields.get("content-type");
  const isCoded = message.fields.get("content-encoding") !== undefined;
  const inner = length === 0 || isCoded || body.length < length ? undefined : readBody(body, type);
  const first =
    message.kind === "request"
      ? `${message.method} ${printable(message.target, 200)}`
      : `${message.status} ${printable(message.reason, 60)}`.trimEnd();
  const shown = inner?.text ?? bodyText(body, length, isCoded);
  return {
    protocol: inner?.protocol ?? "HTTP",
    text: shown === "" ? first : `${first}  ${shown}`,
    fields: {
      ...(message.kind === "request"
        ? { method: message.method, target: printable(message.target, 1000) }
        : { status: message.status, reason: printable(message.reason) }),
      version: message.version,
      ...field("host", message.fields.get("host")),
      ...field("contentType", type),
      ...field("server", message.fields.get("server")),
      ...(length > 0 && { bodyLength: length }),
      ...(length > 0 && !isCoded && inner === undefined && { body: printable(body, 500) }),
      ...prefixed(inner),
    },
    isError: inner?.isError ?? false,
  };
}

/** A status of an error, or a body that is one. */
export const isErrorStatus = (message: HttpMessage, { isError }: { readonly isError: boolean }): boolean =>
  isError || (message.kind === "reply" && message.status >= 400);

function readBody(body: Buffer, type: string | undefined): BodyText | undefined {
  const start = body.subarray(0, 64).toString("latin1").trimStart();
  if (start.startsWith("{") || start.startsWith("[")) return describeRpc(body);
  if (start.startsWith("<") || start.startsWith("\xef\xbb\xbf<")) return describeSoap(body, type);
  return undefined;
}

function bodyText(body: Buffer, length: number, isCoded: boolean): string {
  if (length === 0) return "";
  if (isCoded) return `${length} B`;
  const text = printable(body, maxShown);
  return body.length < length || text.includes("\ufffd") ? `${length} B` : text;
}

/** `rpc.method`, so that HTTP's own method stays. */
function prefixed(inner: BodyText | undefined): Fields {
  if (inner === undefined) return {};
  const prefix = inner.protocol === "SOAP" ? "soap" : "rpc";
  return Object.fromEntries(
    Object.entries(inner.fields).map(([name, value]) => [`${prefix}.${name}`, value]),
  );
}

const field = (name: string, value: string | undefined): Fields =>
  value === undefined ? {} : { [name]: printable(value) };
