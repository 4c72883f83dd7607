import { type Address, formatAddress } from "../../core/address.ts";
import { compiledText } from "../../core/schema.ts";
import { compileClock } from "../../protocol/text/clock.ts";
import { compileTemplate } from "../../protocol/text/template.ts";

/** A text with fields, checked where the configuration is read. */
export const template = (fallback: string, fields: readonly string[]) =>
  compiledText(fallback, (source) => compileTemplate(source, fields));

export const zone = compiledText("local", (name) => compileClock("", name)).describe(
  "Zone of {time}: a name such as Asia/Jakarta, UTC, or local for the machine's own.",
);

/** The endpoint for the example command; undefined for a service that only connects. */
export function exampleEndpoint([address]: readonly Address[]): string {
  return address === undefined ? "ENDPOINT" : `${address.transport}://${formatAddress(address)}`;
}
