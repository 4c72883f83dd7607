import type { Framing } from "./exchange.ts";

const wholeAnswer = /^(?:Invalid request|.*\d\d:\d\d:\d\d)\r?\n?$/;

/**
 * Answers of the TIME server. The requests go out bare, without a line end: the original server knows them in
 * no other form.
 */
export const timeFraming: Framing = {
  recognise: () => (bytes) => (wholeAnswer.test(new TextDecoder().decode(bytes)) ? bytes.length : undefined),
  plausible: () => "hh:mm:ss".length,
};
