/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` where the server names none. */
  readonly event: string;
  readonly data: string;
}

/** More than any event of ours has; a peer that sends for ever without an end of line is not kept for ever. */
const longestLine = 4 * 1024 * 1024;

/**
 * The events of a stream, and `undefined` for a comment: a sign of life. As the HTML standard says it, section 9.2,
 * but for ids and retries, which nobody needs here.
 * @throws {RangeError} when a line has no end
 */
export async function* serverSentEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent | undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) throw new RangeError(`A line of more than ${longestLine} characters`);
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event, data: data.join("\n") };
        event = "message";
        data = [];
      } else if (line.startsWith(":")) yield undefined;
      else if (line.startsWith("event:")) event = textAfterColon(line);
      else if (line.startsWith("data:")) data.push(textAfterColon(line));
    }
  }
}

/** What stands behind the colon, without the one space that may follow it. */
function textAfterColon(line: string): string {
  return line.slice(line.indexOf(":") + 1).replace(/^ /, "");
}
