import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** One address of a name: an A record is IPv4, an AAAA record IPv6; /etc/hosts counts as well. */
export interface NameAddress {
  readonly address: string;
  readonly record: "A" | "AAAA";
}

/** Every address of a name, IPv4 first, none twice; an address is its own. Empty: the name has none. */
export async function resolveName(name: string): Promise<NameAddress[]> {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, record: family === 4 ? "A" : "AAAA" }];
  const [v4, v6] = await Promise.all([lookupFamily(name, 4), lookupFamily(name, 6)]);
  return [
    ...[...v4].map((address): NameAddress => ({ address, record: "A" })),
    ...[...v6].map((address): NameAddress => ({ address, record: "AAAA" })),
  ];
}

const hasNone = new Set(["ENOTFOUND", "ENODATA", "ESERVFAIL", "EADDRFAMILY"]);

// Asked one family at a time: asked for both, the resolver may leave out the family this machine has no route for.
async function lookupFamily(name: string, family: 4 | 6): Promise<Set<string>> {
  try {
    const found = await lookup(name, { all: true, family });
    return new Set(found.map(({ address }) => address));
  } catch (error) {
    if (error instanceof Error && "code" in error && hasNone.has(String(error.code))) return new Set();
    throw new Error(`Cannot resolve "${name}": the name server does not answer`, { cause: error });
  }
}
