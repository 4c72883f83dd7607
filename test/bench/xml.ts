import { readEnvelope } from "../../src/protocol/soap/envelope.ts";
import { soap11 } from "../../src/protocol/soap/version.ts";
import type { Footprint } from "./footprint.ts";
import { spread } from "./statistics.ts";

/** Of a measurement. */
const bytesRead = 20e6;

/** Processor time for a megabyte of envelopes: 33 ms are 30 MB/s. */
const below = 33;

const envelope = (header: string, attribute = "") =>
  '<?xml version="1.0" encoding="utf-8"?>\n' +
  '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/">' +
  `<soap-env:Header>${header}</soap-env:Header><soap-env:Body>` +
  `<ns0:add xmlns:ns0="spyne.examples.calculator"${attribute}><ns0:a>1</ns0:a><ns0:b>2</ns0:b></ns0:add>` +
  "</soap-env:Body></soap-env:Envelope>";

const elements = Array.from(
  { length: 900 },
  (_, index) => `<x:item${index} xmlns:x="urn:x" id="${index}">value ${index}</x:item${index}>`,
);

const documents: Readonly<Record<string, string>> = {
  "short envelopes": envelope(""),
  "a long attribute": envelope("", ` note="${"a long value, with spaces ".repeat(10_000)}"`),
  "much text": envelope(`<note>${"text as people write it.\n".repeat(10_000)}</note>`),
  "many elements": envelope(elements.join("")),
  "many references": envelope(`<note>${"1 &lt; 2 &amp; 3 &#65; ".repeat(10_000)}</note>`),
};

/** How long it takes to read XML, in the process of the bench. */
export const xmlFootprints: readonly Footprint[] = Object.entries(documents).map(([title, text]) => ({
  group: "xml",
  title: `${title}, processor time for a megabyte`,
  unit: "ms",
  below,
  measure: async ({ rounds }) => spread(measure(text, Math.max(rounds, 3))),
}));

function measure(text: string, rounds: number): number[] {
  const size = Buffer.byteLength(text);
  const times: number[] = [];
  // The first one warms up.
  for (let round = 0; round <= rounds; round++) {
    const start = process.cpuUsage();
    for (let read = 0; read < bytesRead; read += size) readEnvelope(text, soap11);
    const { user, system } = process.cpuUsage(start);
    if (round > 0) times.push((user + system) / 1000 / (bytesRead / 1e6));
  }
  return times;
}
