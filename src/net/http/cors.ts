import type { HttpHandler, HttpReply } from "./api.ts";
import type { HttpRequest } from "./request.ts";

/** Which pages may call a service from a browser: all, none, or those of some origins. */
export type Cors = boolean | readonly string[];

/** Seconds for which a browser remembers that it may ask. */
const maxAge = "600";

/** Lets pages of other origins call the service, as the Fetch standard has it: browsers ask before, and obey. */
export function withCors(cors: Cors, handler: HttpHandler): HttpHandler {
  return cors === false ? handler : new CorsHandler(cors, handler);
}

class CorsHandler implements HttpHandler {
  readonly #cors: true | readonly string[];
  readonly #handler: HttpHandler;
  readonly describe: HttpHandler["describe"];
  /** The header fields of replies, of which a service has a few, with those that allow any page to read them. */
  readonly #opened = new WeakMap<HttpReply["headers"], HttpReply["headers"]>();

  constructor(cors: true | readonly string[], handler: HttpHandler) {
    this.#cors = cors;
    this.#handler = handler;
    if (handler.describe !== undefined)
      this.describe = (request, reply) => handler.describe!(request, originals.get(reply) ?? reply);
  }

  answer(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const wanted = request.header("Access-Control-Request-Method");
    if (request.method === "OPTIONS" && wanted !== undefined) return this.#preflight(request, wanted);
    const reply = this.#handler.answer(request);
    return reply instanceof Promise
      ? reply.then((later) => this.#allow(request, later))
      : this.#allow(request, reply);
  }

  refuse(...[error, request]: Parameters<HttpHandler["refuse"]>): HttpReply {
    const reply = this.#handler.refuse(error, request);
    return request === undefined ? reply : this.#allow(request, reply);
  }

  #preflight(request: HttpRequest, method: string): HttpReply {
    const origin = this.#allowed(request);
    const headers = request.header("Access-Control-Request-Headers");
    const allowed =
      origin === undefined
        ? {}
        : {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": method,
            ...(headers !== undefined && { "Access-Control-Allow-Headers": headers }),
            "Access-Control-Max-Age": maxAge,
          };
    return { status: 204, headers: { ...allowed, Vary: "Origin, Access-Control-Request-Headers" }, body: "" };
  }

  #allow(request: HttpRequest, reply: HttpReply): HttpReply {
    const origin = this.#allowed(request);
    if (this.#cors === true && origin === undefined) return reply;
    const more = {
      ...reply,
      headers: this.#cors === true ? this.#open(reply.headers) : named(reply, origin),
    };
    originals.set(more, reply);
    return more;
  }

  /** Always the same object for the same fields, so that their text is made once. */
  #open(headers: HttpReply["headers"]): HttpReply["headers"] {
    let opened = this.#opened.get(headers);
    if (opened === undefined) {
      opened = { ...headers, "Access-Control-Allow-Origin": "*" };
      this.#opened.set(headers, opened);
    }
    return opened;
  }

  /** The origin that may read the reply; undefined: the request is no page's, or that of another one. */
  #allowed(request: HttpRequest): string | undefined {
    const origin = request.header("Origin");
    if (origin === undefined) return undefined;
    if (this.#cors === true) return "*";
    return this.#cors.includes(origin) ? origin : undefined;
  }
}

/** A page of another origin gets other fields, so no cache may mix them up. */
function named({ headers }: HttpReply, origin: string | undefined): HttpReply["headers"] {
  const Vary = headers.Vary === undefined ? "Origin" : `${headers.Vary}, Origin`;
  return { ...headers, ...(origin !== undefined && { "Access-Control-Allow-Origin": origin }), Vary };
}

/** The service's own reply of each that has been added to. */
const originals = new WeakMap<HttpReply, HttpReply>();
