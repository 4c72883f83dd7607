import type { X509Certificate } from "node:crypto";
import { firstAlternativeName } from "./alternative-name.ts";

/** The parts of a client's certificate that its user name may come from. */
export const nameSources = ["cn", "san", "dn"] as const;

export type NameSource = (typeof nameSources)[number];

type Named = Pick<X509Certificate, "subject" | "raw" | "toLegacyObject">;

/**
 * The user name that a certificate gives; undefined: it has none that is clear.
 * - cn: its common name, where it has exactly one.
 * - san: the first e-mail address, DNS name or URI among its alternative names.
 * - dn: its whole subject, by RFC 4514: `CN=ani,O=Lab`.
 */
export function certificateName(certificate: Named, source: NameSource): string | undefined {
  const name = { cn: commonName, san: alternativeName, dn: distinguishedName }[source](certificate);
  // As MQTT has it for every text [MQTT-1.5.4-2], and a name ends up in logs.
  return name === undefined || name === "" || /\p{Cc}|\p{Cs}/u.test(name) ? undefined : name;
}

function commonName(certificate: Named): string | undefined {
  // Of several, anybody could choose the one that suits.
  const name: unknown = Reflect.get(Object(certificate.toLegacyObject().subject), "CN");
  return typeof name === "string" ? name : undefined;
}

const alternativeName = ({ raw }: Named): string | undefined => firstAlternativeName(raw);

/** The parser writes a part on each line, the most general first; a plus in a value is escaped. */
const distinguishedName = ({ subject }: Named): string | undefined =>
  (subject as string | undefined)
    ?.split("\n")
    .reverse()
    .map((part) => part.split(" + ").reverse().join("+"))
    .join(",");
