import { printable } from "../../protocol/text/printable.ts";
import { fetchWhole, webUrl } from "../http/client.ts";
import type { CommandContext } from "../program/command-context.ts";
import { type Peer, peerName, withPeerErrors } from "../program/peer.ts";
import { isJson } from "../terminal/json.ts";
import { type Check, timed, wrongAnswer } from "./check.ts";

interface TextResponse {
  readonly status: number;
  readonly text: string;
}

async function request(context: CommandContext, peer: Peer, path: string, init: RequestInit = {}) {
  const { result, ms } = await timed(() =>
    withPeerErrors(peer, () =>
      context.within(`No answer from ${peerName(peer)}`, async (signal): Promise<TextResponse> => {
        const { response, body } = await fetchWhole(peer, webUrl(peer, path), { ...init, signal });
        return { status: response.status, text: new TextDecoder().decode(body) };
      }),
    ),
  );
  return { ...result, ms };
}

const sum = /"result"\s*:\s*5\b/;

/** The configuration may leave out `add`. Such a service passes if it answers that there is no such operation. */
export const checkRest: Check = async (context, peer) => {
  const { status, text, ms } = await request(context, peer, "/add?a=2&b=3");
  if (status === 200 && sum.test(text))
    return { ms, said: `GET /add?a=2&b=3 → ${printable(text.trim(), 60)}` };
  if (status === 404 && isJson(text)) return { ms, said: "GET /add → 404 (no operation add)" };
  throw wrongAnswer(peer, "GET /add?a=2&b=3", `status ${status}: ${printable(text, 60)}`);
};

export const checkJsonrpc: Check = async (context, peer) => {
  const { status, text, ms } = await request(context, peer, "/", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "add", params: [2, 3] }),
  });
  if (sum.test(text)) return { ms, said: "add(2, 3) → 5" };
  if (/"code"\s*:\s*-32601\b/.test(text)) return { ms, said: "add(2, 3) → no method add" };
  throw wrongAnswer(peer, "add(2, 3)", `status ${status}: ${printable(text, 60)}`);
};

const addEnvelope =
  '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>' +
  '<add xmlns="spyne.examples.calculator"><a>2</a><b>3</b></add></soap:Body></soap:Envelope>';

export const checkSoap: Check = async (context, peer) => {
  const wsdl = await request(context, peer, "/?wsdl");
  if (!/<(\w+:)?definitions\b/.test(wsdl.text))
    throw wrongAnswer(peer, "GET /?wsdl", printable(wsdl.text, 60));
  const { status, text, ms } = await request(context, peer, "/", {
    method: "POST",
    headers: { "content-type": "text/xml; charset=utf-8", soapaction: '"add"' },
    body: addEnvelope,
  });
  if (/addResult[^>]*>5</.test(text)) return { ms, said: "add(2, 3) → 5" };
  if (/ResourceNotFound/.test(text)) return { ms, said: "add(2, 3) → no operation add" };
  throw wrongAnswer(peer, "add(2, 3)", `status ${status}: ${printable(text, 60)}`);
};
