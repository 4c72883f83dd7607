import { unmetTls } from "./net/tcp/tls-role.ts";
import { compileOperation } from "./protocol/calculator/compile.ts";
import { roles } from "./roles/index.ts";
import type { Registry } from "./server/config/plan.ts";

/** The roles and the expression compiler, which the entries hand to the server. */
export const registry: Registry = { roles, compileOperation, unmetTls, reservedReason };

function reservedReason(operation: string): string | undefined {
  if (operation === "docs") return "REST shows its documentation there";
  if (operation.endsWith("Response")) return "SOAP names the reply of an operation so";
  return undefined;
}
