import { type Peer, peerName } from "../program/peer.ts";
import { answered, overTcp, readToEnd } from "./over-tcp.ts";
import { choice, type Transcript, type Trial, textField, type WireData, wireText } from "./trial.ts";

const operands = [textField("a", "a", "5"), textField("b", "b", "9")];

/** Builds the request as text, so that what is shown is what goes over the wire. */
function request(peer: Peer, line: string, headers: readonly string[], body = ""): WireData {
  const length = body === "" ? [] : [`Content-Length: ${new TextEncoder().encode(body).length}`];
  const head = [`${line} HTTP/1.1`, `Host: ${peerName(peer)}`, ...headers, ...length, "Connection: close"];
  return wireText(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function send(peer: Peer, request: WireData, signal: AbortSignal): Promise<Transcript> {
  return overTcp(peer, signal, async (client) => {
    await client.write(request.bytes);
    return answered(request, await readToEnd(client, signal));
  });
}

const operation = (operations: readonly string[]) => choice("operation", "Operation", operations);

export const tryRest: Trial = {
  title: "Call an operation by GET",
  fields: ({ operations }) => [operation(operations), ...operands],
  run: (peer, { operation = "", a = "", b = "" }, signal) => {
    const query = `a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;
    const line = `GET /${encodeURIComponent(operation)}?${query}`;
    return send(peer, request(peer, line, ["Accept: application/json"]), signal);
  },
};

export const tryJsonrpc: Trial = {
  title: "Call a method by POST",
  fields: ({ operations }) => [operation(operations), ...operands],
  run: (peer, { operation = "", a = "", b = "" }, signal) => {
    const body = `{"jsonrpc":"2.0","method":${JSON.stringify(operation)},"params":[${operand(a)},${operand(b)}],"id":1}`;
    return send(peer, request(peer, "POST /", ["Content-Type: application/json"], body), signal);
  },
};

/** A number is sent as it was typed, so that no digit is lost; anything else as a string, which the server refuses. */
const operand = (value: string): string =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value) ? value : JSON.stringify(value);

export const trySoap: Trial = {
  title: "Call an operation with an envelope",
  fields: ({ operations }) => [
    operation(operations),
    ...operands,
    textField("namespace", "Namespace", namespace),
  ],
  run: (peer, values, signal) => {
    const { operation = "", a = "", b = "", namespace = "" } = values;
    const body =
      `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">\n  <soap:Body>\n` +
      `    <${operation} xmlns="${escapeXml(namespace)}"><a>${escapeXml(a)}</a><b>${escapeXml(b)}</b></${operation}>\n` +
      `  </soap:Body>\n</soap:Envelope>\n`;
    const headers = ["Content-Type: text/xml; charset=utf-8", `SOAPAction: "${operation}"`];
    return send(peer, request(peer, "POST /", headers, body), signal);
  },
};

const namespace = "spyne.examples.calculator";

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
