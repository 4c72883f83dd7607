import { Buffer } from "node:buffer";

/** The codecs are made for Bun, where `Buffer` is global; a browser has none. This has to be imported before them. */
globalThis.Buffer ??= Buffer;
