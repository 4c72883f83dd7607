import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import { stateWords } from "../../run/service-status.ts";
import { askerOf } from "../caller.ts";
import type { AddRoutes } from "../context.ts";
import { RequestError } from "../request-error.ts";
import { failure, json, nameParam } from "../schemas.ts";

/** Not as a literal, of which the library would make out that it is one JSON value. */
const jsonLines: string = "application/jsonl";

const route = createRoute({
  method: "get",
  path: "/api/services/{name}/backup",
  summary: "All that a durable broker keeps, as JSON Lines",
  description:
    "What `distsrv store export` prints, and `distsrv store import` takes: sessions, messages, retained messages and " +
    "wills as they are on the disk now. It takes the role admin, because messages are in it. The connection breaks " +
    "where it cannot be read to its end.",
  request: { params: nameParam },
  responses: {
    200: { description: "The lines", content: { [jsonLines]: { schema: z.string() } } },
    404: json(failure, "There is no such service"),
    409: json(failure, "It keeps nothing, or does not run"),
    500: json(failure, "Its files cannot be read"),
    503: json(failure, "Another copy is being made"),
  },
});

export const addBackup: AddRoutes = (app, { supervisor, copyStore, log, audit }) => {
  // Each is a process that may take as much memory as the broker itself.
  let isCopying = false;
  app.openapi(route, async (c) => {
    const { name } = c.req.valid("param");
    const { state } = supervisor.statusOf(name);
    const directory = supervisor.dataDirectory(name);
    if (directory === undefined) {
      const why = state === "running" ? "has no persistence.directory, and keeps nothing" : stateWords[state];
      throw new RequestError(409, `Cannot copy what "${name}" keeps: it ${why}`);
    }
    if (isCopying)
      throw new RequestError(503, `Cannot copy what "${name}" keeps: another copy is being made`);
    isCopying = true;
    const chunks = copyStore(directory)[Symbol.asyncIterator]();
    const end = () => {
      isCopying = false;
    };
    const first = await chunks.next().catch((error) => {
      end();
      throw new RequestError(500, `Cannot copy what "${name}" keeps: ${describeError(error)}`);
    });
    const asker = askerOf(c);
    log.info(`${name} is copied by ${asker.by}`);
    audit?.("service-copied", { name, ...asker });
    return new Response(streamOf(first, chunks, end), { headers: { "content-type": jsonLines } });
  });
};

/** @param end called once, when it has ended, failed, or nobody reads it any more */
function streamOf(
  first: IteratorResult<Uint8Array>,
  chunks: AsyncIterator<Uint8Array>,
  end: () => void,
): ReadableStream<Uint8Array> {
  let begun: IteratorResult<Uint8Array> | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = begun ?? (await chunks.next());
          begun = undefined;
          if (!done) return controller.enqueue(value);
          end();
          controller.close();
        } catch (error) {
          end();
          controller.error(error);
        }
      },
      async cancel() {
        await chunks.return?.();
        end();
      },
    },
    { highWaterMark: 0 },
  );
}
