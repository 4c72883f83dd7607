import type { Operations } from "../../core/operation.ts";
import { replyByFetch } from "../../net/http/fetch-handler.ts";
import type { HttpHandler, HttpReply, HttpRequest } from "../../net/http/server.ts";
import type { HttpError } from "../../protocol/http/http-error.ts";
import { answerBody, answerQuery } from "./answer.ts";
import type { RestDescription } from "./description.ts";
import { errorReply, type Reply } from "./reply.ts";
import { otherMethod, restRoutes } from "./routes.ts";
import { splitTarget } from "./target.ts";

/** Answers `GET /NAME?a=..&b=..` and `POST /NAME` itself, which is nearly everything, and leaves the pages to hono. */
export class RestService implements HttpHandler {
  readonly #operations: Operations;
  readonly #pages: ReturnType<typeof restRoutes>;

  constructor(operations: Operations, description: RestDescription) {
    this.#operations = operations;
    this.#pages = restRoutes(operations, description);
  }

  answer(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const { path, query } = splitTarget(request.target);
    const operation = this.#operations.find(nameIn(path));
    if (operation === undefined) return replyByFetch(request, (asked) => this.#pages.fetch(asked));
    switch (request.method) {
      case "GET":
        return answerQuery(operation, query);
      case "POST":
        return answerBody(operation, request.bodyText);
      default:
        return otherMethod(request.method, "GET, HEAD, POST, OPTIONS");
    }
  }

  refuse({ status, message }: HttpError): Reply {
    const error = titles[status];
    return error === undefined ? errorReply(status, message) : errorReply(status, error, { detail: message });
  }
}

/** The name behind the first slash; a client may have encoded it: `/%61dd`. */
function nameIn(path: string): string {
  const name = path.slice(1);
  if (!name.includes("%")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad request",
  413: "Request too large",
  415: "Unsupported content coding",
};
