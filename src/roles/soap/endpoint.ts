import { describeError } from "../../core/errors.ts";
import type { RoleContext } from "../../core/role.ts";
import type { Direction } from "../../core/traffic.ts";
import { redactedTarget } from "../../net/http/head.ts";
import type { HttpConnection, HttpHandler, HttpReply, HttpRequest } from "../../net/http/node-server.ts";
import { readEnvelope, type SoapRequest } from "../../protocol/soap/envelope.ts";
import { faultEnvelope, SoapFault } from "../../protocol/soap/fault.ts";
import { resultEnvelope } from "../../protocol/soap/result.ts";
import { type SoapVersion, soap11, versionOfContentType } from "../../protocol/soap/version.ts";
import { serviceLocation, wsdlWriter } from "../../protocol/soap/wsdl.ts";
import { charsetOf, decodeXml } from "../../protocol/soap/xml-bytes.ts";
import { XmlError } from "../../protocol/soap/xml-text.ts";
import { printable } from "../../protocol/text/printable.ts";
import { calculate } from "./calculate.ts";
import type { SoapConfig } from "./config.ts";

const noBytes = new Uint8Array();
const encoder = new TextEncoder();

/** Answers HTTP requests: GET with the WSDL, POST with the result of the operation in the envelope. */
export class SoapEndpoint implements HttpHandler {
  readonly #context: RoleContext;
  readonly #config: SoapConfig;
  readonly #wsdl: (location: string) => string;
  #calls = 0;
  #faults = 0;
  #descriptions = 0;

  constructor(context: RoleContext, config: SoapConfig) {
    this.#context = context;
    this.#config = config;
    const { targetNamespace, serviceName } = config;
    const operations = context.operations.all.flatMap(({ name, aliases, integer }) =>
      [name, ...aliases].map((called) => ({ name: called, type: integer ? "integer" : "decimal" }) as const),
    );
    this.#wsdl = wsdlWriter({ targetNamespace, serviceName, operations });
  }

  stats(): Record<string, number> {
    return { calls_total: this.#calls, faults_total: this.#faults, wsdl_total: this.#descriptions };
  }

  reply(request: HttpRequest): HttpReply {
    if (request.method === "GET" && asksForWsdl(request.url)) return this.#describe(request);
    // SOAPAction and the path are ignored, and so is the Content-Type except for the charset and the SOAP version of
    // faults.
    const claimed = versionOfContentType(request.headers["content-type"]);
    try {
      return this.#call(request, claimed);
    } catch (error) {
      return this.#fault(request, this.#asFault(error), claimed);
    }
  }

  tooLarge(request: HttpRequest): HttpReply {
    const { method, url, connection } = request;
    this.#emitMessage(
      connection,
      "in",
      noBytes,
      () => `Received: ${method} ${printable(redactedTarget(url))} with too long a body`,
    );
    const message = `Request body is longer than ${this.#config.maxBody} bytes (maxBody)`;
    const fault = new SoapFault("Client.RequestTooLong", message, { status: 413 });
    return this.#fault(request, fault, versionOfContentType(request.headers["content-type"]));
  }

  #describe(request: HttpRequest): HttpReply {
    this.#descriptions++;
    const { connection } = request;
    this.#emitMessage(
      connection,
      "in",
      noBytes,
      () => `Received: GET ${printable(redactedTarget(request.url))}`,
    );
    const body = this.#wsdl(serviceLocation(request.headers.host, () => connection.local));
    this.#emitMessage(connection, "out", body, () => `Sent: WSDL of ${this.#config.serviceName}`);
    return { status: 200, headers: { "Content-Type": soap11.contentType }, body };
  }

  #call(http: HttpRequest, claimed: SoapVersion): HttpReply {
    const request = this.#read(http, claimed);
    const { version, operation } = request;
    const value = this.#calculate(request);
    this.#calls++;
    const body = resultEnvelope(version, this.#config.targetNamespace, operation.local, value);
    this.#emitMessage(
      http.connection,
      "out",
      body,
      () => `Sent: ${operation.local}Result = ${printable(value)}`,
    );
    return { status: 200, headers: { "Content-Type": version.contentType }, body };
  }

  /** @throws {SoapFault | XmlError} */
  #read({ method, url, headers, body, connection }: HttpRequest, claimed: SoapVersion): SoapRequest {
    try {
      if (method !== "POST") throw methodNotAllowed();
      const coding = headers["content-encoding"];
      if (coding !== undefined && coding !== "identity") throw codingNotAllowed(coding);
      const request = readEnvelope(decodeXml(body, charsetOf(headers["content-type"])), claimed);
      this.#emitMessage(connection, "in", body, () => `Received: ${describeCall(request)}`);
      return request;
    } catch (error) {
      this.#emitMessage(
        connection,
        "in",
        body,
        () => `Received: ${method} ${printable(redactedTarget(url))}, ${body.length} B`,
      );
      throw error;
    }
  }

  #calculate(request: SoapRequest): string {
    try {
      return calculate(this.#context.operations, this.#config.targetNamespace, request);
    } catch (error) {
      // Here the version is known from the message itself.
      const { code, message, status } = this.#asFault(error);
      throw new SoapFault(code, message, { status, version: request.version, cause: error });
    }
  }

  #asFault(error: unknown): SoapFault {
    if (error instanceof SoapFault) return error;
    if (error instanceof XmlError)
      return new SoapFault("Client.XMLSyntaxError", printable(error.message, 300));
    this.#context.log.error(`Cannot answer a SOAP request: ${describeError(error)}`);
    return new SoapFault("Server", "Internal Error", { cause: error });
  }

  #fault(request: HttpRequest, fault: SoapFault, claimed: SoapVersion): HttpReply {
    this.#faults++;
    const version = fault.version ?? claimed;
    const body = faultEnvelope(version, fault, this.#config.targetNamespace);
    const text = () => `Sent: fault ${fault.code}: ${printable(fault.message, 300)}`;
    this.#emitMessage(request.connection, "out", body, text);
    const headers: Record<string, string> = { "Content-Type": version.contentType };
    if (fault.status === 405) headers.Allow = "GET, POST";
    return { status: fault.status, headers, body };
  }

  /** With the HTTP body only: node:http does not expose the other bytes. */
  #emitMessage(
    { conversation }: HttpConnection,
    direction: Direction,
    body: Uint8Array | string,
    text: () => string,
  ): void {
    const { traffic } = this.#context;
    if (!traffic.sample("message")) return;
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    traffic.emit({ kind: "message", conversation, direction, text: text(), bytes });
  }
}

/** `?wsdl` in any case behind any path, or a path that ends in `.wsdl`. */
function asksForWsdl(url: string): boolean {
  const [path = "", query = ""] = url.split("?", 2);
  return /^wsdl(?:[=&]|$)/i.test(query) || path.endsWith(".wsdl");
}

function methodNotAllowed(): SoapFault {
  const message = "You must issue a POST request with the Content-Type header properly set.";
  return new SoapFault("Client.RequestNotAllowed", message, { status: 405 });
}

function codingNotAllowed(coding: string): SoapFault {
  const message = `Content-Encoding ${printable(coding, 40)} is not accepted: send the body as it is`;
  return new SoapFault("Client.RequestNotAllowed", message, { status: 415 });
}

function describeCall({ operation, parameters }: SoapRequest): string {
  const operands = parameters.map(({ text, nil }) => (nil ? "nil" : text.trim()));
  return printable(`${operation.local}(${operands.join(", ")})`);
}
