/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` where the server names none. */
  readonly event: string;
  readonly data: string;
  /** Of the last event that had one: where a reader goes on that comes back. */
  readonly id: string | undefined;
}

/** More than any event of ours has; a peer that sends one for ever is not kept for ever. In characters. */
export const longestEvent = 4 * 1024 * 1024;

/**
 * The events of a stream, and `undefined` for a comment: a sign of life. As the HTML standard says it, section 9.2,
 * but for the time to wait before one comes back, which nobody needs here.
 * @throws {RangeError} when an event has no end
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
    if (rest.length > longestEvent) throw tooLong();
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
        // Of an empty line only its end is kept, and that, too, counts.
        size += line.length;
        if (size > longestEvent) throw tooLong();
        data.push(textAfterColon(line));
      }
    }
  }
}

const tooLong = () => new RangeError(`An event of more than ${longestEvent} characters`);

/** What stands behind the colon, without the one space that may follow it. */
function textAfterColon(line: string): string {
  return line.slice(line.indexOf(":") + 1).replace(/^ /, "");
}
