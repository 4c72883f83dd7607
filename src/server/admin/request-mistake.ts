import type { z } from "zod";
import { readIssue } from "../config/issues.ts";
import { RequestError } from "./request-error.ts";

/** What a route's schema finds wrong with a request, in the words that the configuration's mistakes have. */
export function requestMistake({ issues }: z.core.$ZodError, given: unknown): RequestError {
  const words = issues
    .flatMap((issue) => readIssue(issue, given, () => []))
    .map(({ path, message }) => (path.length === 0 ? `it ${message}` : `${path.join(".")} ${message}`));
  return new RequestError(400, `Cannot take the request: ${words.join("; ")}`);
}
