import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import type { Supervisor } from "../../run/supervisor.ts";
import { askerOf } from "../caller.ts";
import type { AddRoutes } from "../context.ts";
import { recordStream } from "../record-stream.ts";
import { RequestError } from "../request-error.ts";
import { failure, json } from "../schemas.ts";

/** Each has a buffer, and each byte of the traffic is copied for each of them. */
const maxReaders = 4;

/** Names the recording, by which whoever reads it ends it in order. */
const recordingHeader = "distsrv-recording";

/** Not as a literal, of which the library would make out that it is one JSON value. */
const binary: string = "application/octet-stream";

const route = createRoute({
  method: "get",
  path: "/api/record",
  summary: "All that the services receive and send from now on, as a pcapng file",
  description:
    "The bytes are real, the headers of IP, TCP and UDP are made up, and a connection that is open already begins in " +
    "the middle. Passwords and tokens that the services know are asterisks. What a slow " +
    "reader leaves no room for is left out, and counted by the interface statistics. It takes the role admin, because " +
    "everybody's messages are in it.",
  request: {
    query: z.object({
      service: z.string().optional().meta({ description: "Names, with commas between them; absent: all." }),
    }),
  },
  responses: {
    200: {
      description: "It ends when the server stops, its users change, or by DELETE",
      headers: z.object({
        [recordingHeader]: z.string().meta({ description: "The name of the recording, for DELETE." }),
      }),
      content: { [binary]: { schema: z.string().meta({ format: "binary" }) } },
    },
    400: json(failure, "There is no such service"),
    503: json(failure, "Too many record already"),
  },
});

const endRoute = createRoute({
  method: "delete",
  path: "/api/record",
  summary: "Ends a recording in order",
  description:
    "Whoever reads it gets what has come until then, with the last count of what was left out, and the end. Who only " +
    "disconnects does not learn what the last second has lost.",
  request: {
    query: z.object({
      recording: z
        .string()
        .meta({ description: `What the header ${recordingHeader} of its answer has said.` }),
    }),
  },
  responses: {
    200: json(z.object({ ended: z.string() }), "Its end is on the way"),
    404: json(failure, "There is no such recording, or no longer"),
  },
});

export const addRecord: AddRoutes = (app, { supervisor, hub, users, stopping, version, log, audit }) => {
  /** By their names: each ends one. */
  const running = new Map<string, AbortController>();
  app.openapi(route, (c) => {
    const services = namedServices(c.req.valid("query").service, supervisor);
    if (running.size >= maxReaders)
      throw new RequestError(503, `Cannot record: ${maxReaders} record already; end one of them`);
    const name = crypto.randomUUID();
    const ending = new AbortController();
    running.set(name, ending);
    const asker = askerOf(c);
    const what = services === undefined ? "all services" : [...services].join(", ");
    log.info(`The traffic of ${what} is recorded by ${asker.by}`);
    audit?.("traffic-recorded", { services: what, ...asker });
    const body = recordStream({
      hub,
      services,
      application: `distsrv ${version}`,
      hasDatagrams: (name) => supervisor.hasDatagrams(name),
      roleOf: (name) => supervisor.roleOf(name),
      until: [stopping, users.untilChanged, ending.signal],
      onEnd: () => void running.delete(name),
    });
    const headers = { "content-type": binary, "cache-control": "no-store", [recordingHeader]: name };
    return new Response(body, { headers });
  });

  app.openapi(endRoute, (c) => {
    const { recording } = c.req.valid("query");
    const ending = running.get(recording);
    if (ending === undefined)
      throw new RequestError(404, `There is no recording "${recording}", or it has ended already`);
    ending.abort();
    return c.json({ ended: recording }, 200);
  });
};

/** @throws {RequestError} for a service that does not exist: its file would stay empty for ever */
function namedServices(text: string | undefined, supervisor: Supervisor): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  try {
    for (const name of names) supervisor.statusOf(name);
  } catch (error) {
    throw new RequestError(400, describeError(error));
  }
  return new Set(names);
}
