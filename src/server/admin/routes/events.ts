import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import { type EventFilter, type EventQuery, eventFilter } from "../../../observe/event-filter.ts";
import type { Supervisor } from "../../run/supervisor.ts";
import type { AddRoutes } from "../context.ts";
import { parseEventId } from "../event-replay.ts";
import { eventStream } from "../event-stream.ts";
import { RequestError } from "../request-error.ts";
import { failure, json } from "../schemas.ts";

/** Each reader has a send buffer, and each event is written to all of them, though encoded once. */
const maxReaders = 32;

const query = z.object({
  service: z.string().optional().meta({ description: "Names, with commas between them." }),
  client: z
    .string()
    .optional()
    .meta({ description: "The beginning of the peer's address or client's name." }),
  kind: z.string().optional().meta({
    description: "open, message, close, bytes, with commas between them; absent: all but bytes.",
  }),
  topic: z.string().optional().meta({ description: "An MQTT topic filter." }),
  history: z.coerce.number().int().min(0).default(200).meta({ description: "Past events to begin with." }),
});

const route = createRoute({
  method: "get",
  path: "/api/events",
  summary: "Traffic as it happens, as server-sent events",
  description:
    "`traffic` is one event. Of a message its `number` counts those of its conversation, and `stream` says where it lies " +
    "among the bytes of its direction: `offset`, `length` on the wire, and `chunk`, the offset of the received chunk " +
    "that completed it. `left-out` what sampling left out in the last second, `ready` comes after the history. " +
    "Last-Event-ID resumes after that event, also after the server was restarted; `left-out` of the kind `history` " +
    "counts what is no longer kept, over all services, and `slow-reader` what the reader was too slow for.",
  request: { query },
  responses: {
    200: { description: "It does not end", content: { "text/event-stream": { schema: z.string() } } },
    400: json(failure, "The query cannot be understood"),
    503: json(failure, "Too many watch already"),
  },
});

export const addEvents: AddRoutes = (app, { history, stopping, users, supervisor }) => {
  app.openapi(route, (c) => {
    const { history: limit, ...filterQuery } = c.req.valid("query");
    const filter = readFilter(filterQuery);
    for (const name of filter.services ?? []) refuseUnknown(name, supervisor);
    if (history.subscribers >= maxReaders) {
      throw new RequestError(503, `Cannot watch: ${maxReaders} watch already; close one of them`);
    }
    const after = parseEventId(c.req.header("last-event-id"));
    const body = eventStream({
      ...{ history, filter, limit, after, stopping },
      untilChanged: users.untilChanged,
    });
    return new Response(body, {
      headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" },
    });
  });
};

/** A stream of a service that does not exist would stay empty for ever. */
function refuseUnknown(name: string, supervisor: Supervisor): void {
  try {
    supervisor.statusOf(name);
  } catch (error) {
    throw new RequestError(400, describeError(error));
  }
}

function readFilter(query: EventQuery): EventFilter {
  try {
    return eventFilter(query);
  } catch (error) {
    throw new RequestError(400, describeError(error));
  }
}
