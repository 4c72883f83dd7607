import { PacketBlocks } from "../protocol/capture/packet-blocks.ts";

/** Takes the blocks of a pcapng file, those of an event together or not at all. */
export interface PacketSink {
  /**
   * @param blocks valid until it returns
   * @returns whether it took them
   */
  write(blocks: Uint8Array): boolean;
  /**
   * Where so many bytes of blocks are written in place, at once, so that they are copied once only.
   * @returns undefined: there is no room, and they are lost
   */
  reserve(bytes: number): PacketBlocks | undefined;
  /**
   * The room that was reserved is filled.
   * @returns whether it took them
   */
  commit(blocks: PacketBlocks, bytes: number): boolean;
}

/**
 * @param write gets blocks that are its own
 * @param hasRoom whether it takes so many bytes now: otherwise nothing is made of them
 */
export const keepingSink = (
  write: (blocks: Uint8Array) => boolean,
  hasRoom: (bytes: number) => boolean = () => true,
): PacketSink => ({
  write: (blocks) => write(blocks.slice()),
  reserve: (bytes) => (hasRoom(bytes) ? new PacketBlocks(new Uint8Array(bytes)) : undefined),
  commit: ({ written }) => write(written),
});
