import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { describeError, StartError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { ControlError, type ControlErrorCode } from "../run/control-error.ts";

/** What was asked cannot be done; the message says what was tried, with which value, what would be right. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  constructor(
    readonly status: 400 | 404 | 409 | 413 | 415 | 503,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const controlStatus: Readonly<Record<ControlErrorCode, 404 | 409 | 500>> = {
  unknown: 404,
  conflict: 409,
  stuck: 500,
};

/** Whatever a route throws, as the answer that says so. What nobody expected goes to the log, too. */
export function answerError(error: Error, c: Context, log: Logger): Response {
  if (error instanceof RequestError) return c.json({ error: describeError(error) }, error.status);
  if (error instanceof ControlError) {
    return c.json({ error: describeError(error) }, controlStatus[error.code]);
  }
  if (error instanceof StartError) return c.json({ error: describeError(error) }, 500);
  if (error instanceof HTTPException && error.status < 500)
    return c.json({ error: bodyWords(error) }, error.status);
  log.error(`Could not answer ${c.req.method} ${c.req.path}: ${describeError(error)}`);
  return c.json({ error: "Internal server error; the log tells more" }, 500);
}

/** Hono checks bodies before our routes see them, and says less than we do. */
function bodyWords({ status, message }: HTTPException): string {
  return status === 415
    ? "Cannot read the body: it must be application/json"
    : `Cannot read the body: ${message}`;
}
