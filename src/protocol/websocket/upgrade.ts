import { createHash } from "node:crypto";

/** What a server requires of an opening handshake. */
export interface UpgradeRules {
  readonly paths: readonly string[];
  /**
   * The origins of pages that may connect; empty: all. Clients that are no browsers send none and may always connect.
   */
  readonly origins: readonly string[];
  /** The client must offer one of these subprotocols. */
  readonly protocols: readonly string[];
}

/** The reply to a client's opening handshake. Frames follow only a status of 101. */
export interface UpgradeReply {
  readonly status: number;
  /** The whole reply as it goes over the wire. */
  readonly text: string;
  /** The token of the request's Authorization header, RFC 6750, section 2.1, where it was accepted. */
  readonly bearer?: string | undefined;
}

type Check = (request: HttpRequest, rules: UpgradeRules) => UpgradeReply | undefined;

/** RFC 6455, section 4.2.1; the check with the most helpful error comes first. */
const checks: readonly Check[] = [
  wantsWebSocket,
  hasVersion13,
  hasKnownPath,
  hasAllowedOrigin,
  hasKey,
  offersKnownProtocol,
];

/** @param head the request's head without its empty line, as Latin-1 */
export function answerUpgrade(head: string, rules: UpgradeRules): UpgradeReply {
  const request = readRequest(head);
  if (request === undefined) return refusal(400, "Bad Request", "This is no HTTP/1.1 request.");
  for (const check of checks) {
    const refused = check(request, rules);
    if (refused !== undefined) return refused;
  }
  const protocol = agreedProtocol(request, rules) ?? "";
  const text = acceptance(request.headers.get("sec-websocket-key") ?? "", protocol);
  return { status: 101, text, bearer: bearerIn(request) };
}

const bearerIn = ({ headers }: HttpRequest): string | undefined =>
  /^bearer +([\w.~+/-]+=*)$/i.exec(headers.get("authorization") ?? "")?.[1];

/** The reply to a request head that is too long. */
export const headTooLarge = refusal(
  431,
  "Request Header Fields Too Large",
  "The request's head is too long.",
);

/** The reply when the request head did not arrive in time. */
export const headTimeout = refusal(408, "Request Timeout", "The request's head did not arrive in time.");

function wantsWebSocket({ method, headers }: HttpRequest, { paths, protocols }: UpgradeRules) {
  const wants =
    method === "GET" &&
    lists(headers.get("connection"), "upgrade") &&
    lists(headers.get("upgrade"), "websocket");
  if (wants) return undefined;
  const how = `ws://${headers.get("host")}${paths[0] ?? "/"} with the subprotocol ${protocols[0]}`;
  const text = `Here WebSocket is spoken, and no plain HTTP: connect to ${how}.`;
  return refusal(426, "Upgrade Required", text, "Upgrade: websocket\r\n", "Upgrade, close");
}

function hasVersion13({ headers }: HttpRequest) {
  if (headers.get("sec-websocket-version") === "13") return undefined;
  const text = "The version of WebSocket must be 13.";
  return refusal(
    426,
    "Upgrade Required",
    text,
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "Upgrade, close",
  );
}

function hasKnownPath({ path }: HttpRequest, { paths }: UpgradeRules) {
  if (paths.includes(path)) return undefined;
  return refusal(404, "Not Found", `WebSocket is spoken on ${paths.join(" and ")} only.`);
}

function hasAllowedOrigin({ headers }: HttpRequest, { origins }: UpgradeRules) {
  const origin = headers.get("origin");
  if (origin === undefined || origins.length === 0 || origins.includes(origin)) return undefined;
  return refusal(403, "Forbidden", "Pages of this origin may not connect.");
}

function hasKey({ headers }: HttpRequest) {
  if (/^[A-Za-z0-9+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "")) return undefined;
  return refusal(400, "Bad Request", "Sec-WebSocket-Key must be 16 bytes in Base64.");
}

// [MQTT-6.0.0-3] A client that offers none is refused, too: it would not know that this is an MQTT broker.
function offersKnownProtocol(request: HttpRequest, rules: UpgradeRules) {
  if (agreedProtocol(request, rules) !== undefined) return undefined;
  return refusal(400, "Bad Request", `Sec-WebSocket-Protocol must offer ${rules.protocols.join(" or ")}.`);
}

/** The first supported one of the subprotocols that the client offers. [MQTT-6.0.0-4] */
function agreedProtocol({ headers }: HttpRequest, { protocols }: UpgradeRules): string | undefined {
  return elements(headers.get("sec-websocket-protocol")).find((offered) => protocols.includes(offered));
}

const elements = (list: string | undefined): string[] =>
  (list ?? "").split(",").map((element) => element.trim());

const lists = (list: string | undefined, wanted: string): boolean =>
  elements(list).some((element) => element.toLowerCase() === wanted);

function acceptance(key: string, protocol: string): string {
  // The constant of RFC 6455, section 1.3.
  const proof = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${proof}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`;
}

function refusal(
  status: number,
  phrase: string,
  body: string,
  more = "",
  connection = "close",
): UpgradeReply {
  const length = Buffer.byteLength(body) + 1;
  const head = `HTTP/1.1 ${status} ${phrase}\r\n${more}Connection: ${connection}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${length}\r\n\r\n`;
  return { status, text: `${head}${body}\n` };
}

/** The head of an HTTP/1.1 request. */
interface HttpRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** By name in lower case; repeated headers are joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
}

const requestLine = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*$/;

/** @returns undefined for an invalid request, or one without exactly one Host (RFC 9112, section 3.2) */
function readRequest(head: string): HttpRequest | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target] = requestLine.exec(first) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ""] = headerLine.exec(line) ?? [];
    if (name === undefined) return undefined;
    const key = name.toLowerCase();
    const before = headers.get(key);
    if (key === "host" && before !== undefined) return undefined;
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  if (!headers.has("host")) return undefined;
  return { method, path: target.split("?")[0] ?? "/", headers };
}
