import { terminalSafe } from "../protocol/text/terminal-safe.ts";

/** Text that stands in XML and on paper: what is no character there is shown as an escape. Colours go, too. */
export const printable = (text: string): string =>
  terminalSafe(text)
    .replaceAll("\u001b", "\\x1b")
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .toWellFormed();
