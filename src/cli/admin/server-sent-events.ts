/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` where the server names none. */
  readonly event: string;
  readonly data: string;
  /** The id of this event, or of the last one before it that had an id: sent when reconnecting. */
  readonly id: string | undefined;
}

/** Characters; more than any event of ours has. A peer that sends one without end is given up. */
export const maxEventLength = 4 * 1024 * 1024;

/**
 * Parses a stream of server-sent events (HTML standard, section 9.2, without the field `retry`). A comment, which the
 * server sends as a keep-alive, gives `undefined`.
 * @throws {RangeError} when an event is longer than `maxEventLength`
 */
export async function* serverSentEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent | undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  let size = 0;
  let id: string | undefined;
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > maxEventLength) throw tooLong();
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event, data: data.join("\n"), id };
        event = "message";
        data = [];
        size = 0;
      } else if (line.startsWith(":")) yield undefined;
      else if (line.startsWith("event:")) event = textAfterColon(line);
      else if (line.startsWith("id:")) id = textAfterColon(line) || undefined;
      else if (line.startsWith("data:")) {
        // An empty line counts, too: its line end is kept.
        size += line.length;
        if (size > maxEventLength) throw tooLong();
        data.push(textAfterColon(line));
      }
    }
  }
}

const tooLong = () => new RangeError(`An event of more than ${maxEventLength} characters`);

/** The text after the colon, without the one space that may follow it. */
function textAfterColon(line: string): string {
  return line.slice(line.indexOf(":") + 1).replace(/^ /, "");
}
