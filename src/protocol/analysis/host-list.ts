import type { Endpoint } from "../conversation/conversation.ts";

const maxHosts = 10_000;
const maxNames = 20;

/** Who an address is, as far as the capture shows it. */
export interface Host {
  readonly address: string;
  /** The hardware addresses in frames from it: those of a router where it is in another network. */
  readonly macs: Set<string>;
  /** Services that answered there: `mqtt (1883)`. */
  readonly serves: Set<string>;
  /** Services that it asked. */
  readonly uses: Set<string>;
  /** Its names as an MQTT client. */
  readonly clientNames: Set<string>;
}

/** The hosts of a capture. */
export class HostList {
  readonly #hosts = new Map<string, Host>();

  find(address: string): Host | undefined {
    const known = this.#hosts.get(address);
    if (known !== undefined) return known;
    if (this.#hosts.size === maxHosts) return undefined;
    const host: Host = {
      address,
      macs: new Set(),
      serves: new Set(),
      uses: new Set(),
      clientNames: new Set(),
    };
    this.#hosts.set(address, host);
    return host;
  }

  noteMac(address: string, mac: string | undefined): void {
    // The loopback's frames have none.
    if (mac !== undefined && mac !== "00:00:00:00:00:00") note(this.find(address)?.macs, mac);
  }

  noteService({ address, port }: Endpoint, name: string): void {
    note(this.find(address)?.serves, name.includes("/") ? name : `${name} (${port})`);
  }

  noteUse(address: string, name: string): void {
    note(this.find(address)?.uses, name);
  }

  noteClientName(address: string, name: string): void {
    note(this.find(address)?.clientNames, name);
  }

  /** In the order in which they appeared. */
  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }
}

function note(names: Set<string> | undefined, name: string): void {
  if (names !== undefined && names.size < maxNames) names.add(name);
}
