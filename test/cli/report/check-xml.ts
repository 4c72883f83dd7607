import { SaxesParser } from "saxes";

/** @throws when it is not well-formed */
export function checkXml(text: string): void {
  new SaxesParser({ xmlns: true }).write(text).close();
}
