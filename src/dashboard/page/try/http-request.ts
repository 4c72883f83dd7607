import type { TryAddress } from "../api/types.ts";

type Values = Readonly<Record<string, string>>;

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** A header in each line. */
  readonly headers: string;
  readonly body: string;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

export const isHttpRole = (role: string): boolean => ["rest", "soap", "jsonrpc"].includes(role);

/** The headers that are written, one a line; a line without a colon is left as it is for the server to refuse. */
export function headersOf({ headers }: HttpRequest): Header[] {
  return headers
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const colon = line.indexOf(":");
      return colon < 0
        ? { name: line.trim(), value: "" }
        : { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
    });
}

/** The bytes of the request. Host, Content-Length and Connection are added where they are not written. */
export function httpBytes(request: HttpRequest, { host, port }: TryAddress): Uint8Array {
  const encoder = new TextEncoder();
  const body = encoder.encode(request.body);
  const written = headersOf(request);
  const has = (name: string) => written.some((header) => header.name.toLowerCase() === name);
  const needsLength = body.length > 0 && !has("content-length") && !has("transfer-encoding");
  const lines = [
    `${request.method} ${request.path} HTTP/1.1`,
    ...(has("host") ? [] : [`Host: ${hostPort(host, port)}`]),
    ...written.map(({ name, value }) => `${name}: ${value}`),
    ...(needsLength ? [`Content-Length: ${body.length}`] : []),
    ...(has("connection") ? [] : ["Connection: close"]),
  ];
  const head = encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

export const hostPort = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** The HTTP request that a role's form stands for. */
export function presetOf(role: string, values: Values): HttpRequest {
  if (role === "soap") return soapRequest(values);
  return role === "jsonrpc" ? rpcRequest(values) : restRequest(values);
}

function restRequest({ operation = "", a = "", b = "" }: Values): HttpRequest {
  const query = `a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;
  const path = `/${encodeURIComponent(operation)}?${query}`;
  return { method: "GET", path, headers: "Accept: application/json", body: "" };
}

function rpcRequest({ operation = "", a = "", b = "" }: Values): HttpRequest {
  const params = `[${operand(a)},${operand(b)}]`;
  const body = `{"jsonrpc":"2.0","method":${JSON.stringify(operation)},"params":${params},"id":1}`;
  return { method: "POST", path: "/", headers: "Content-Type: application/json", body };
}

/** A number is sent as it was typed, so that no digit is lost. */
const operand = (value: string): string =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value) ? value : JSON.stringify(value);

function soapRequest({ operation = "", a = "", b = "", namespace = "" }: Values): HttpRequest {
  const body =
    `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">\n  <soap:Body>\n` +
    `    <${operation} xmlns="${escapeXml(namespace)}"><a>${escapeXml(a)}</a><b>${escapeXml(b)}</b></${operation}>\n` +
    `  </soap:Body>\n</soap:Envelope>\n`;
  const headers = `Content-Type: text/xml; charset=utf-8\nSOAPAction: "${operation}"`;
  return { method: "POST", path: "/", headers, body };
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
