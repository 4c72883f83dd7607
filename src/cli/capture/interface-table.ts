import { networkInterfaces } from "../../net/packets/interfaces.ts";
import type { ReceivedPacket } from "../../net/packets/message-batch.ts";
import { type CaptureInterface, LinkType } from "../../protocol/capture/frame.ts";

/** ARPHRD_ numbers whose frames we know: Ethernet and the loopback, and tunnels without a header of their own. */
const linkTypes: Readonly<Record<number, number>> = {
  1: LinkType.Ethernet,
  772: LinkType.Ethernet,
  768: LinkType.Raw,
  776: LinkType.Raw,
  778: LinkType.Raw,
  65534: LinkType.Raw,
};

export interface KnownInterface extends CaptureInterface {
  readonly name: string;
  /** In the order in which they were seen: as a capture file counts them. */
  readonly position: number;
}

/** The interfaces that packets came from, by the kernel's index. */
export class InterfaceTable {
  readonly #known = new Map<number, KnownInterface | undefined>();
  readonly #onNew: (found: KnownInterface) => void;
  #count = 0;

  /** @param onNew called before the first packet of an interface is given out */
  constructor(onNew: (found: KnownInterface) => void) {
    this.#onNew = onNew;
  }

  /** Undefined: its frames are of a kind that we do not know. */
  find({ interface: index, hardwareType }: ReceivedPacket): KnownInterface | undefined {
    if (this.#known.has(index)) return this.#known.get(index);
    const linkType = linkTypes[hardwareType];
    const found =
      linkType === undefined
        ? undefined
        : { name: nameOf(index), linkType, snapLength: 262_144, position: this.#count++ };
    this.#known.set(index, found);
    if (found !== undefined) this.#onNew(found);
    return found;
  }

  get all(): readonly KnownInterface[] {
    return [...this.#known.values()].filter((found) => found !== undefined);
  }
}

const nameOf = (index: number): string =>
  networkInterfaces().find((each) => each.index === index)?.name ?? `if${index}`;
