import { compileOperation } from "./protocol/calculator/compile.ts";
import { roles } from "./roles/index.ts";
import type { Parts } from "./server/config/plan.ts";

/** What the entries hand to the server: the roles, the arithmetic, and the paths that REST keeps for itself. */
export const parts: Parts = { roles, compileOperation, reservedNames: ["docs"] };
