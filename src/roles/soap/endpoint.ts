import { describeError } from "../../core/errors.ts";
import type { RoleContext } from "../../core/role.ts";
import type { HttpHandler, HttpReply, HttpRequest } from "../../net/http/server.ts";
import type { HttpError } from "../../protocol/http/http-error.ts";
import { redactedTarget } from "../../protocol/http/secrets.ts";
import { ContentTypeReader, type SoapContentType } from "../../protocol/soap/content-type.ts";
import { readEnvelope, type SoapRequest } from "../../protocol/soap/envelope.ts";
import { faultEnvelope, SoapFault } from "../../protocol/soap/fault.ts";
import { ResultWriter } from "../../protocol/soap/result.ts";
import { type SoapVersion, soap11, soap12 } from "../../protocol/soap/version.ts";
import { serviceLocation, wsdlWriter } from "../../protocol/soap/wsdl.ts";
import { decodeXmlBody } from "../../protocol/soap/xml-bytes.ts";
import { XmlError } from "../../protocol/soap/xml-text.ts";
import { printable } from "../../protocol/text/printable.ts";
import { calculate } from "./calculate.ts";
import type { SoapConfig } from "./config.ts";

/** What observers see of an exchange, made for those that look. */
interface Lines {
  readonly received: string;
  readonly sent: string;
}

abstract class SoapReply implements HttpReply {
  constructor(
    readonly status: number,
    readonly headers: HttpReply["headers"],
    readonly body: string,
  ) {}

  abstract lines(request: HttpRequest): Lines;
}

class WsdlReply extends SoapReply {
  readonly #serviceName: string;

  constructor(body: string, serviceName: string) {
    super(200, headersOf(soap11), body);
    this.#serviceName = serviceName;
  }

  lines(request: HttpRequest): Lines {
    return { received: `Received: ${describeHead(request)}`, sent: `Sent: WSDL of ${this.#serviceName}` };
  }
}

class ResultReply extends SoapReply {
  readonly #request: SoapRequest;
  readonly #value: string;

  constructor(body: string, request: SoapRequest, value: string) {
    super(200, headersOf(request.version), body);
    this.#request = request;
    this.#value = value;
  }

  lines(): Lines {
    const { local } = this.#request.operation;
    return {
      received: `Received: ${describeCall(this.#request)}`,
      sent: `Sent: ${local}Result = ${printable(this.#value)}`,
    };
  }
}

class FaultReply extends SoapReply {
  readonly #fault: SoapFault;
  readonly #request: SoapRequest | undefined;

  /** @param request absent when it was not understood */
  constructor(headers: HttpReply["headers"], body: string, fault: SoapFault, request?: SoapRequest) {
    super(fault.status, headers, body);
    this.#fault = fault;
    this.#request = request;
  }

  lines(request: HttpRequest): Lines {
    const { code, message } = this.#fault;
    const received =
      this.#request === undefined
        ? `${describeHead(request)}, ${request.bodyLength} B`
        : describeCall(this.#request);
    return { received: `Received: ${received}`, sent: `Sent: fault ${code}: ${printable(message, 300)}` };
  }
}

/** Answers HTTP requests: GET with the WSDL, POST with the result of the operation in the envelope. */
export class SoapEndpoint implements HttpHandler {
  readonly #context: RoleContext;
  readonly #config: SoapConfig;
  readonly #wsdl: (location: string) => string;
  readonly #results: ResultWriter;
  readonly #types = new ContentTypeReader();
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
    this.#results = new ResultWriter(targetNamespace);
    this.#wsdl = wsdlWriter({ targetNamespace, serviceName, operations });
  }

  stats(): Record<string, number> {
    return { calls_total: this.#calls, faults_total: this.#faults, wsdl_total: this.#descriptions };
  }

  answer(request: HttpRequest): HttpReply {
    if (request.method === "GET" && asksForWsdl(request.target)) return this.#describe(request);
    // SOAPAction and the path are ignored, and so is the Content-Type except for the charset and the SOAP version of
    // faults.
    const type = this.#types.read(request.header("Content-Type"));
    try {
      return this.#call(request, type);
    } catch (error) {
      return this.#fault(this.#asFault(error), type.version);
    }
  }

  refuse({ status, message }: HttpError, request?: HttpRequest): HttpReply {
    const code =
      status === 500 ? "Server" : status === 413 ? "Client.RequestTooLong" : "Client.RequestNotAllowed";
    const text =
      status === 413 ? `Request body is longer than ${this.#config.maxBody} bytes (maxBody)` : message;
    const fault = new SoapFault(code, text, { status });
    return this.#fault(fault, this.#types.read(request?.header("Content-Type")).version);
  }

  describe(request: HttpRequest, reply: HttpReply): Lines {
    if (reply instanceof SoapReply) return reply.lines(request);
    return { received: `Received: ${describeHead(request)}`, sent: `Sent: ${reply.status}` };
  }

  #describe(request: HttpRequest): HttpReply {
    this.#descriptions++;
    const { publicUrl, serviceName } = this.#config;
    const body = this.#wsdl(publicUrl ?? serviceLocation(request.scheme, request.host, request.local));
    return new WsdlReply(body, serviceName);
  }

  #call(http: HttpRequest, { version: claimed, charset }: SoapContentType): HttpReply {
    if (http.method !== "POST") throw methodNotAllowed();
    const request = readEnvelope(decodeXmlBody(http, charset), claimed);
    try {
      const value = this.#calculate(request);
      this.#calls++;
      const body = this.#results.envelope(request.version, request.operation.local, value);
      return new ResultReply(body, request, value);
    } catch (error) {
      return this.#fault(this.#asFault(error), claimed, request);
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

  /** @param request absent when it was not understood */
  #fault(fault: SoapFault, claimed: SoapVersion, request?: SoapRequest): HttpReply {
    this.#faults++;
    const version = fault.version ?? claimed;
    const body = faultEnvelope(version, fault, this.#config.targetNamespace);
    const headers =
      fault.status === 405 ? { ...headersOf(version), Allow: "GET, HEAD, POST" } : headersOf(version);
    return new FaultReply(headers, body, fault, request);
  }
}

const headersOf11 = { "Content-Type": soap11.contentType };
const headersOf12 = { "Content-Type": soap12.contentType };
const headersOf = (version: SoapVersion) => (version === soap11 ? headersOf11 : headersOf12);

/** `?wsdl` in any case behind any path, or a path that ends in `.wsdl`. */
function asksForWsdl(url: string): boolean {
  const [path = "", query = ""] = url.split("?", 2);
  return /^wsdl(?:[=&]|$)/i.test(query) || path.endsWith(".wsdl");
}

function methodNotAllowed(): SoapFault {
  const message = "You must issue a POST request with the Content-Type header properly set.";
  return new SoapFault("Client.RequestNotAllowed", message, { status: 405 });
}

const describeHead = ({ writtenMethod, target }: HttpRequest): string =>
  `${writtenMethod} ${printable(redactedTarget(target))}`;

function describeCall({ operation, parameters }: SoapRequest): string {
  const operands = parameters.map(({ text, nil }) => (nil ? "nil" : text.trim()));
  return printable(`${operation.local}(${operands.join(", ")})`);
}
