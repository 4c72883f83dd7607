import type { Client, IHttpClient, SoapMethod } from "soap";
import { z } from "zod";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { fetchWhole, webUrl } from "./client.ts";

export interface SoapOperation {
  readonly name: string;
  /** In the order of the WSDL; the types without their prefix. */
  readonly parameters: readonly SoapField[];
  readonly results: readonly SoapField[];
}

export interface SoapField {
  readonly name: string;
  readonly type: string;
}

/** A service as its WSDL describes it. */
export interface SoapService {
  readonly name: string;
  readonly operations: readonly SoapOperation[];
  /** @returns the text of the result, so that no digit of a large number is lost */
  call(operation: SoapOperation, operands: readonly string[]): Promise<string>;
}

export interface SoapPeer extends Peer {
  /** The path of the WSDL: `/?wsdl`. */
  readonly wsdl: string;
  readonly version: "1.1" | "1.2";
}

/** Numbers stay text: node-soap would round them. */
const exactNumbers = { integer: (text: string) => text, decimal: (text: string) => text };

/**
 * Fetches the WSDL of the peer.
 * @throws {PeerError} when it has none
 */
export async function openSoap(peer: SoapPeer, signal: AbortSignal): Promise<SoapService> {
  // Loaded on demand: it takes a fifth of a second, and the other commands do not need it.
  const { createClientAsync } = await import("soap");
  const base = webUrl(peer, "");
  const options = {
    disableCache: true,
    forceSoap12Headers: peer.version === "1.2",
    customDeserializer: exactNumbers,
    httpClient: httpClient(peer, signal),
  };
  const client = await createClientAsync(base + peer.wsdl, options).catch((error: unknown) => {
    throw noService(peer, error);
  });
  return describedService(client, peer, base);
}

/** The HTTP client for node-soap, over fetch: it obeys the signal, and has the same errors as every other command. */
function httpClient(peer: Peer, signal: AbortSignal): IHttpClient {
  const send = async (url: string, body: unknown, headers: Record<string, string> = {}) => {
    const init = body === null ? {} : { method: "POST", body: String(body), headers };
    const { response, body: data } = await fetchWhole(peer, url, { ...init, signal });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      data: new TextDecoder().decode(data),
    };
  };
  return {
    request(url, body, callback, headers) {
      const failed = (error: unknown) => callback(error);
      send(url, body, headers)
        .then((response) => callback(null, response, response.data), failed)
        .catch(failed);
      // Only the type, made for axios, asks for a promise: node-soap uses the callback alone.
      return new Promise(() => {});
    },
  };
}

const fields = z.record(z.string(), z.unknown()).nullish();
const description = z.record(
  z.string(),
  z.record(z.string(), z.record(z.string(), z.object({ input: fields, output: fields }))),
);

function describedService(client: Client, peer: SoapPeer, base: string): SoapService {
  const [service] = Object.entries(description.safeParse(client.describe()).data ?? {});
  const [name, ports] = service ?? [];
  const [port, methods] = Object.entries(ports ?? {})[0] ?? [];
  if (name === undefined || port === undefined || methods === undefined) {
    throw new PeerError("no-soap-service", `${peerName(peer)} describes no service in its WSDL`);
  }
  // The WSDL may name an address that only the server itself can reach. We keep its path, and use our host.
  const location = client.wsdl.definitions.services[name]?.ports[port]?.location ?? "/";
  client.setEndpoint(base + (URL.parse(location, base)?.pathname ?? "/"));
  const operations = Object.entries(methods).map(([operation, { input, output }]) => ({
    name: operation,
    parameters: fieldsOf(input),
    results: fieldsOf(output),
  }));
  return {
    name,
    operations,
    call: (operation, operands) => {
      const method: SoapMethod = client[name][port][operation.name];
      return callMethod(method, operation, operands, peer);
    },
  };
}

/** The fields without the namespace entries that node-soap adds. */
function fieldsOf(described: z.infer<typeof fields>): SoapField[] {
  return Object.entries(described ?? {})
    .filter(([name]) => name !== "targetNSAlias" && name !== "targetNamespace")
    .map(([name, type]) => ({ name, type: typeof type === "string" ? type.replace(/^.*:/, "") : "..." }));
}

function callMethod(
  method: SoapMethod,
  operation: SoapOperation,
  operands: readonly string[],
  peer: SoapPeer,
): Promise<string> {
  const args = Object.fromEntries(operation.parameters.map(({ name }, index) => [name, operands[index]]));
  return new Promise((resolve, reject) => {
    method(args, (error: unknown, result: unknown) => {
      if (error) reject(callFailed(peer, error));
      else resolve(resultText(result));
    });
  });
}

/** The one value of a response; several values, of another kind of service, as JSON. */
function resultText(result: unknown): string {
  const values = typeof result === "object" && result !== null ? Object.values(result) : [result];
  const [value] = values;
  const isOne = values.length === 1 && typeof value !== "object";
  return isOne ? String(value) : JSON.stringify(result);
}

/** node-soap reports a SOAP fault as an error with a property `root`, the whole message. */
function callFailed(peer: SoapPeer, error: unknown): unknown {
  if (!(error instanceof Error && "root" in error)) return noService(peer, error);
  return new PeerError("soap-fault", `SOAP fault ${error.message}`);
}

/** Network errors pass unchanged: the caller explains them. */
function noService(peer: SoapPeer, error: unknown): unknown {
  if (error instanceof Error && ("code" in error || error.name === "AbortError")) return error;
  return new PeerError("no-soap-service", `${peerName(peer)} is no SOAP service: ${libraryReason(error)}`);
}

/** node-soap throws errors with a message, plain objects for bad XML, and TypeErrors for unexpected documents. */
function libraryReason(error: unknown): string {
  if (!(error instanceof Error) || error instanceof TypeError) return "what it answers cannot be read";
  // The further lines of an XML parser's message only give the position.
  return error.message.split("\n", 1)[0] ?? "";
}
