import type { Fields } from "../../core/traffic.ts";

/** What a body says in the protocol that it carries. */
export interface BodyText {
  readonly protocol: "SOAP" | "JSON-RPC";
  readonly text: string;
  readonly fields: Fields;
  readonly isError: boolean;
}
