import { RawClient } from "./raw-client.ts";

export interface RawReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes as they are, reads until the server closes, and parses the response. */
export async function rawHttp(port: number, request: string | Uint8Array): Promise<RawReply> {
  const client = await RawClient.connect(port);
  client.write(request);
  return parseReply((await client.all()).toString("utf8"));
}

function parseReply(text: string): RawReply {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(" ")[1]), headers: new Map(headers), body: text.slice(end + 4) };
}
