import type { Address } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Settings } from "../config/schema.ts";
import type { ServiceStatus } from "./service-status.ts";

/** A service as a script knows it. */
export interface ScriptedService {
  readonly name: string;
  readonly role: string;
  readonly addresses: readonly Address[];
}

/** Writes scripts beside captures, by which Wireshark and tshark know the services. */
export interface CaptureScripts {
  /** @throws {Error} with a sentence when a file has the script's name that is not ours */
  check(capture: string): void;
  /** @returns the script's path @throws {Error} as `check`, and when it cannot be written */
  write(capture: string, services: readonly ScriptedService[]): string;
}

/** What the settings say of it. */
type CaptureSettings = Settings["capture"];

/** The script beside the capture, while the settings ask for one. It is written again when another one is right. */
export class CaptureScript {
  readonly #load: () => Promise<CaptureScripts>;
  readonly #log: Logger;
  /** What was written last. */
  #written: { readonly file: string; readonly services: readonly ScriptedService[] } | undefined;

  /** @param load called when there is a script to write */
  constructor(load: () => Promise<CaptureScripts>, log: Logger) {
    this.#load = load;
    this.#log = log;
  }

  /** @returns why it could not be written, to be asked before anything starts; undefined: nothing is in the way */
  async whyNot(capture: CaptureSettings): Promise<string | undefined> {
    if (capture?.lua !== true) return undefined;
    try {
      (await this.#load()).check(capture.file);
      return undefined;
    } catch (error) {
      return `Cannot write the capture's script for Wireshark: ${describeError(error)}`;
    }
  }

  /** Never throws: the services go on without a script, and the log says why there is none. */
  async update(capture: CaptureSettings, status: readonly ServiceStatus[]): Promise<void> {
    if (capture?.lua !== true) return;
    const services = status.map(({ name, role, addresses }) => ({ name, role, addresses }));
    const next = { file: capture.file, services };
    if (Bun.deepEquals(next, this.#written)) return;
    try {
      const path = (await this.#load()).write(capture.file, services);
      this.#written = next;
      this.#log.info(
        `Wireshark knows the services of the capture by ${path}: wireshark -X lua_script:${path} ${capture.file}`,
      );
    } catch (error) {
      this.#log.error(`Cannot write the capture's script for Wireshark: ${describeError(error)}`);
    }
  }
}
