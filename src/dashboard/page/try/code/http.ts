import type { TryAddress } from "../../api/types.ts";
import { type HttpRequest, headersOf, hostPort } from "../http-request.ts";
import { shellCommand, stringLiteral } from "./quote.ts";

export function curlOf(request: HttpRequest, { host, port }: TryAddress): string {
  const { method, path, body } = request;
  const implied = body === "" ? "GET" : "POST";
  const verb = method === implied ? [] : method === "HEAD" ? ["--head"] : [["-X", method]];
  return shellCommand([
    "curl",
    "-i",
    ...verb,
    ...headersOf(request).map(({ name, value }) => ["-H", value === "" ? `${name};` : `${name}: ${value}`]),
    ...(body === "" ? [] : [["--data-binary", body]]),
    `http://${hostPort(host, port)}${path}`,
  ]);
}

/** With the standard library alone. */
export function pythonHttpOf(request: HttpRequest, { host, port }: TryAddress): string {
  const { method, path, body } = request;
  const headers = headersOf(request).map(
    ({ name, value }) => `    ${stringLiteral(name)}: ${stringLiteral(value)},\n`,
  );
  const options = [
    ...(body === "" ? [] : [`body=${stringLiteral(body)}.encode()`]),
    ...(headers.length === 0 ? [] : ["headers=headers"]),
  ];
  return [
    "import http.client",
    "",
    ...(headers.length === 0 ? [] : [`headers = {\n${headers.join("")}}`]),
    `connection = http.client.HTTPConnection(${stringLiteral(host)}, ${port}, timeout=10)`,
    `connection.request(${[stringLiteral(method), stringLiteral(path), ...options].join(", ")})`,
    "reply = connection.getresponse()",
    "print(reply.status, reply.reason)",
    "print(reply.read().decode())",
    "",
  ].join("\n");
}

/** Methods that `fetch` does not send, and headers that it keeps for itself. */
const refusedMethods = /^(CONNECT|TRACE|TRACK)$/i;
const refusedHeaders = /^(host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer)$/i;

/** For a browser, Node.js, Deno or Bun. Undefined: `fetch` cannot send this. */
export function scriptHttpOf(request: HttpRequest, { host, port }: TryAddress): string | undefined {
  const { method, path, body } = request;
  const headers = headersOf(request);
  const hasBody = body !== "";
  if (refusedMethods.test(method) || (hasBody && /^(GET|HEAD)$/i.test(method))) return undefined;
  if (headers.some(({ name }) => refusedHeaders.test(name))) return undefined;
  const options = [
    ...(method === "GET" ? [] : [`  method: ${stringLiteral(method)},`]),
    ...(headers.length === 0
      ? []
      : [
          "  headers: {",
          ...headers.map(({ name, value }) => `    ${stringLiteral(name)}: ${stringLiteral(value)},`),
          "  },",
        ]),
    ...(hasBody ? [`  body: ${stringLiteral(body)},`] : []),
  ];
  const address = stringLiteral(`http://${hostPort(host, port)}${path}`);
  const call = options.length === 0 ? `fetch(${address})` : `fetch(${address}, {\n${options.join("\n")}\n})`;
  return [
    `const reply = await ${call};`,
    "console.log(reply.status, reply.statusText);",
    "console.log(await reply.text());",
    "",
  ].join("\n");
}
