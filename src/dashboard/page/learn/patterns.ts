import type { Pattern } from "./pattern.ts";
import { httpPatterns } from "./patterns-http.ts";
import { messagePatterns } from "./patterns-messages.ts";
import { streamPatterns } from "./patterns-streams.ts";

/** One for each role, in the order of the course. */
export const patterns: readonly Pattern[] = [...streamPatterns, ...httpPatterns, ...messagePatterns];
