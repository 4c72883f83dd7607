import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { describeError, StartError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { describeIssue } from "../config/issues.ts";
import { ControlError, type ControlErrorCode } from "../run/control-error.ts";

/** A request that cannot be served. The message says what was tried, with which value, and what would be right. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  constructor(
    readonly status: 400 | 404 | 409 | 413 | 415 | 500 | 503,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The errors that a route's schema finds in a request, worded like those of the configuration. */
export function invalidRequest({ issues }: z.core.$ZodError, value: unknown): RequestError {
  const messages = issues
    .flatMap((issue) => describeIssue(issue, value, () => []))
    .map(({ path, message }) => (path.length === 0 ? `it ${message}` : `${path.join(".")} ${message}`));
  return new RequestError(400, `Cannot take the request: ${messages.join("; ")}`);
}

const controlStatus: Readonly<Record<ControlErrorCode, 404 | 409 | 500>> = {
  unknown: 404,
  conflict: 409,
  stuck: 500,
};

/** Answers with the error that a route has thrown. Unexpected errors go to the log instead. */
export function answerError(error: Error, c: Context, log: Logger): Response {
  if (error instanceof RequestError) return c.json({ error: describeError(error) }, error.status);
  if (error instanceof ControlError) {
    return c.json({ error: describeError(error) }, controlStatus[error.code]);
  }
  if (error instanceof StartError) return c.json({ error: describeError(error) }, 500);
  if (error instanceof HTTPException && error.status < 500)
    return c.json({ error: bodyError(error) }, error.status);
  log.error(`Could not answer ${c.req.method} ${c.req.path}: ${describeError(error)}`);
  return c.json({ error: "Internal server error; see the log" }, 500);
}

/** Hono checks bodies before the routes run, with messages that do not say what would be right. */
function bodyError({ status, message }: HTTPException): string {
  return status === 415
    ? "Cannot read the body: it must be application/json"
    : `Cannot read the body: ${message}`;
}
