import type { Operation } from "../../../src/core/operation.ts";
import { compileOperation } from "../../../src/protocol/calculator/compile.ts";
import { readXml } from "../../../src/protocol/soap/xml-reader.ts";
import { RawClient } from "../../support/raw-client.ts";

/** The lab's operations. */
export const operations: readonly Operation[] = [
  compileOperation({ name: "add", expression: "a + b", aliases: [] }),
  compileOperation({ name: "sub", expression: "a - b", aliases: ["subtract"] }),
  compileOperation({ name: "div", expression: "a / b", aliases: ["divide"] }),
  compileOperation({ name: "pow", expression: "a ^ b", aliases: [] }),
];

export const namespace = "spyne.examples.calculator";
export const soap11 = "http://schemas.xmlsoap.org/soap/envelope/";
export const soap12 = "http://www.w3.org/2003/05/soap-envelope";

/** An envelope with this in its body, and this in its header. */
export function envelope(body: string, header = "", version = soap11): string {
  const head = header === "" ? "" : `<e:Header>${header}</e:Header>`;
  return `<e:Envelope xmlns:e="${version}">${head}<e:Body>${body}</e:Body></e:Envelope>`;
}

/** `call("add", 1, 2)`: the element that asks for it. */
export function call(operation: string, a: unknown, b: unknown): string {
  return `<c:${operation} xmlns:c="${namespace}"><c:a>${a}</c:a><c:b>${b}</c:b></c:${operation}>`;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server ends the connection. */
export async function exchange(port: number, request: string | Uint8Array): Promise<Answer> {
  const client = await RawClient.connect(port);
  client.write(request);
  return parseAnswer((await client.all()).toString("utf8"));
}

export function parseAnswer(text: string): Answer {
  const [head = "", ...body] = text.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body: body.join("\r\n\r\n") };
}

export async function post(
  port: number,
  body: string | Uint8Array,
  headers: Record<string, string> = { "Content-Type": "text/xml; charset=utf-8" },
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body, headers });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** An element without what may differ between two equal documents: prefixes and the order of attributes. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (Element | string)[];
}

export function parseXml(text: string): Element {
  const document: Element = { name: "", attributes: {}, children: [] };
  const open = [document];
  readXml(text, {
    open(name, attributes) {
      const element: Element = {
        name: `{${name.namespace}}${name.local}`,
        attributes: Object.fromEntries(attributes.map(({ local, value }) => [local, value])),
        children: [],
      };
      open.at(-1)?.children.push(element);
      open.push(element);
    },
    text: (part) => void open.at(-1)?.children.push(part),
    close: () => void open.pop(),
  });
  const root = document.children.find((child) => typeof child === "object");
  if (root === undefined) throw new Error("no root element");
  return root;
}

/** The texts of the elements with this local name, in the order of the document. */
export function textsOf(xml: string, local: string): string[] {
  const found: string[] = [];
  const visit = (element: Element) => {
    if (element.name.endsWith(`}${local}`))
      found.push(element.children.filter((c) => typeof c === "string").join(""));
    for (const child of element.children) if (typeof child === "object") visit(child);
  };
  visit(parseXml(xml));
  return found;
}

/** Code and text of a SOAP 1.1 fault. */
export function faultOf({ body }: Answer): [string | undefined, string | undefined] {
  return [textsOf(body, "faultcode")[0], textsOf(body, "faultstring")[0]];
}
