/** An IP address as a number; `bits` is 32 or 128. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Addresses that begin with the same `prefix` bits, such as 10.0.0.0/8; a single one has a prefix of all its bits. */
export interface AddressRange extends IpAddress {
  readonly prefix: number;
}

/** An IPv6 network of one customer: whoever has one address of it has all of them. */
const customerPrefix = 64;

/** @returns undefined for text that is no IP address. A zone (`%eth0`) is left out, `::ffff:1.2.3.4` is IPv4. */
export function parseIp(text: string): IpAddress | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const value = parseIpv6(text.replace(/%[\w.-]+$/, ""));
  return value === undefined ? undefined : fromIpv6(value);
}

/** An IPv4 peer of a server on `::` has the address `::ffff:1.2.3.4`, which means 1.2.3.4. */
export function fromIpv6(value: bigint): IpAddress {
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

function parseIpv4(text: string): IpAddress | undefined {
  // No leading zeros: some read them as octal numbers.
  const parts = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (parts === null) return undefined;
  const bytes = parts.slice(1).map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return { bits: 32, value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) };
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [before, after] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (before === undefined || (halves.length === 2 && after === undefined)) return undefined;
  const missing = 8 - before.length - (after?.length ?? 0);
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...new Array<number>(missing).fill(0), ...(after ?? [])];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** Numbers of 16 bits; the last two of an address may be written as one of IPv4. */
function groupsOf(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const isLast = isEnd && index === parts.length - 1;
    const ipv4 = isLast && part.includes(".") ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(Number(ipv4.value >> 16n), Number(ipv4.value & 0xffffn));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** As RFC 5952 has it: lower case, and `::` for the longest run of zeros. */
export function formatIp({ bits, value }: IpAddress): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  const text = groups.map((group) => group.toString(16)).join(":");
  const runs = text.match(/(?<![0-9a-f])0(?::0(?![0-9a-f]))+/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return text;
  const at = text.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`));
  const [head, tail] = [text.slice(0, at), text.slice(at + longest.length)];
  return `${head === "" ? ":" : head}${tail === "" ? ":" : tail}`;
}

/**
 * `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`.
 * @returns undefined for anything else, and for bits that are set behind the prefix (10.0.0.1/8): a slip
 */
export function parseRange(text: string): AddressRange | undefined {
  const [, address = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const prefix = length === undefined ? ip.bits : Number(length);
  if (prefix > ip.bits) return undefined;
  return startOf(ip, prefix) === ip.value ? { ...ip, prefix } : undefined;
}

/** What a range may look like, for an error message. */
export const rangeExample = "an address such as 203.0.113.7 or 2001:db8::7, or a network such as 10.0.0.0/8";

export function formatRange(range: AddressRange): string {
  const address = formatIp(range);
  return range.prefix === range.bits ? address : `${address}/${range.prefix}`;
}

export function isInRange(range: AddressRange, ip: IpAddress): boolean {
  return range.bits === ip.bits && startOf(ip, range.prefix) === range.value;
}

/** The address alone, or its customer's network of IPv6: what one person has. */
export function ownRange(ip: IpAddress): AddressRange {
  const prefix = ip.bits === 32 ? 32 : isOneOfMany(ip) ? 128 : customerPrefix;
  return { bits: ip.bits, value: startOf(ip, prefix), prefix };
}

/** Link-local addresses, and IPv4 ones behind a translator: a network of these has many people's machines in it. */
const isOneOfMany = (ip: IpAddress): boolean => manyPeoples.some((range) => isInRange(range, ip));

const manyPeoples = ["fe80::/10", "64:ff9b::/96"].flatMap((text) => parseRange(text) ?? []);

/** One text for all addresses that one person has; "" for a peer without an address, such as that of a Unix socket. */
export function ownKey(host: string): string {
  if (!host.includes(":")) return host;
  const ip = parseIp(host);
  return ip === undefined ? host : formatRange(ownRange(ip));
}

/** The first address of the range. */
export function startOf({ bits, value }: IpAddress, prefix: number): bigint {
  const rest = BigInt(bits - prefix);
  return (value >> rest) << rest;
}

/** Values by ranges of addresses. */
export class RangeTable<T> {
  /** By family and prefix, and then by the first address. */
  readonly #tables = new Map<string, RangesOfLength<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  set(range: AddressRange, value: T): void {
    const { bits, prefix } = range;
    const name = `${bits}/${prefix}`;
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { bits, prefix, values: new Map() };
      this.#tables.set(name, table);
    }
    if (!table.values.has(range.value)) this.#size++;
    table.values.set(range.value, value);
  }

  delete({ bits, prefix, value }: AddressRange): void {
    const name = `${bits}/${prefix}`;
    const table = this.#tables.get(name);
    if (table?.values.delete(value) !== true) return;
    this.#size--;
    if (table.values.size === 0) this.#tables.delete(name);
  }

  /** The value of the first range that holds the address and suits. */
  find(ip: IpAddress, suits: (value: T) => boolean): T | undefined {
    for (const { bits, prefix, values } of this.#tables.values()) {
      if (bits !== ip.bits) continue;
      const value = values.get(startOf(ip, prefix));
      if (value !== undefined && suits(value)) return value;
    }
    return undefined;
  }
}

interface RangesOfLength<T> {
  readonly bits: 32 | 128;
  readonly prefix: number;
  readonly values: Map<bigint, T>;
}

/** Whether it is the one address at which a server that listens there is reached: no name, and not all addresses. */
export const isOneAddress = (host: string): boolean => (parseIp(host)?.value ?? 0n) !== 0n;
