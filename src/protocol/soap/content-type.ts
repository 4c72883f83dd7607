import { type SoapVersion, versionOfContentType } from "./version.ts";
import { charsetOf } from "./xml-bytes.ts";

export interface SoapContentType {
  /** The version that it announces. */
  readonly version: SoapVersion;
  readonly charset: string | undefined;
}

/** Reads Content-Types. Clients send the same one each time, so the last one is kept as it was read. */
export class ContentTypeReader {
  #text: string | undefined;
  #read: SoapContentType = read(undefined);

  read(text: string | undefined): SoapContentType {
    if (text !== this.#text) {
      this.#text = text;
      this.#read = read(text);
    }
    return this.#read;
  }
}

const read = (text: string | undefined): SoapContentType => ({
  version: versionOfContentType(text),
  charset: charsetOf(text),
});
