import { z } from "zod";
import { LogDirectory } from "../../../storage/log.ts";
import type { LogWriter } from "../../../storage/log-writer.ts";
import type { RecordedMessage } from "../ports/store.ts";
import { linesVersion } from "./export-store.ts";
import { RecordWriter } from "./record-writer.ts";
import { Op } from "./records.ts";
import { storedGrant } from "./stored-grant.ts";

const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);
const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, "base64")));
const time = z.iso.datetime().transform((text) => Date.parse(text));
const id = z.int().min(1).max(65_535);
const lasting = z
  .union([z.literal("forever"), z.number().min(0)])
  .transform((value) => (value === "forever" ? Number.POSITIVE_INFINITY : value));

const messageFields = {
  topic: z.string(),
  qos,
  retain: z.boolean(),
  payload: bytes,
  properties: bytes.optional(),
  expires: time.optional(),
};

const subscription = z.object({
  filter: z.string().min(1),
  qos,
  noLocal: z.boolean(),
  retainAsPublished: z.boolean(),
  identifier: z.int().min(0),
});

const delivery = z.object({
  number: z.int().min(1),
  message: z.int().min(1),
  qos,
  retain: z.boolean(),
  packetId: id.optional(),
  share: z.string().optional(),
  subscriptionIds: z.array(z.int().min(1)).optional(),
});

const entry = z.discriminatedUnion("type", [
  z.object({ type: z.literal("store"), version: z.int() }),
  z.object({ type: z.literal("message"), id: z.int().min(1), ...messageFields }),
  z.object({ type: z.literal("retained"), ...messageFields }),
  z.object({
    type: z.literal("session"),
    clientId: z.string(),
    owner: z.string().optional(),
    prefix: z.string().optional(),
    grant: storedGrant.optional(),
    expiry: lasting,
    awaySince: time.optional(),
    subscriptions: z.array(subscription),
    deliveries: z.array(delivery),
    awaitingPubcomp: z.array(id),
    incoming: z.array(id),
  }),
  z.object({
    type: z.literal("will"),
    clientId: z.string(),
    delay: lasting,
    packet: bytes,
    author: z.string().optional(),
  }),
  z.object({ type: z.literal("end"), lines: z.int() }),
]);

type Entry = z.infer<typeof entry>;
type SessionEntry = Extract<Entry, { type: "session" }>;
type MessageEntry = Pick<Extract<Entry, { type: "message" }>, keyof typeof messageFields>;

/** The first version of the lines that says where they end. */
const firstWithEnd = 2;

/** A group becomes about so large, in bytes. */
const groupSize = 1024 * 1024;

/** What was imported. */
export interface Imported {
  sessions: number;
  messages: number;
  retained: number;
  wills: number;
}

/**
 * Writes what `exportLines` gives into a directory that holds no store yet.
 * @throws {Error} naming the line that is wrong; what stands before it is not there either
 */
export async function importLines(
  directory: string,
  lines: AsyncIterable<string>,
  segmentSize: number,
): Promise<Imported> {
  const folder = await LogDirectory.open(directory, "distsrv store import");
  try {
    const contents = await folder.read(() => {});
    if (contents.identity !== undefined)
      throw new Error(`${directory} holds a store already: import into a new directory`);
    // All of it is checked before anything is written.
    const entries: Entry[] = [];
    let number = 0;
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      const last = entries.at(-1);
      if (last?.type === "end") throw new Error(`line ${number} comes after the end`);
      entries.push(parse(line, number));
    }
    checkEnd(entries);
    return await write(folder, entries, segmentSize);
  } finally {
    folder.release();
  }
}

function parse(line: string, number: number): Entry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`line ${number} is no JSON`);
  }
  const { success, data, error } = entry.safeParse(value);
  if (!success) {
    const issue = error.issues[0];
    throw new Error(`line ${number}: ${issue?.path.join(".") || "it"}: ${issue?.message}`);
  }
  if (number === 1 && data.type !== "store")
    throw new Error("line 1 does not say that this is an exported store");
  if (data.type === "store" && data.version > linesVersion)
    throw new Error(
      `it was exported by a newer program, as version ${data.version}; this one reads up to ${linesVersion}`,
    );
  return data;
}

/** @throws {Error} when lines are missing: whoever made the copy was interrupted, or had no room */
function checkEnd(entries: readonly Entry[]): void {
  const [first] = entries;
  const last = entries.at(-1);
  if (first?.type !== "store" || first.version < firstWithEnd) return;
  if (last?.type !== "end")
    throw new Error(`it was cut short: after ${entries.length} lines its end is missing`);
  const before = entries.length - 1;
  if (last.lines !== before)
    throw new Error(`it has ${before} lines before its end, which names ${last.lines}`);
}

async function write(
  folder: LogDirectory,
  entries: readonly Entry[],
  segmentSize: number,
): Promise<Imported> {
  const contents = await folder.read(() => {});
  let fail: (cause: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  let wake = () => {};
  const { writer } = await folder.append(contents, {
    segmentSize,
    syncInterval: 0,
    onDurable: () => wake(),
    onGroupBegun: () => {},
    onSynced: () => {},
    onFailure: fail,
    onRoom: (hasRoom) => hasRoom || fail(new Error(`there is no room on the disk of ${folder.path}`)),
  });
  const importer = new Importer(writer);
  const work = async () => {
    for (const one of entries) {
      importer.add(one);
      if (writer.body.length < groupSize) continue;
      const group = writer.recording;
      writer.commit();
      while (writer.durable < group) await new Promise<void>((resolve) => (wake = resolve));
    }
    await writer.close();
    return importer.imported;
  };
  return await Promise.race([work(), failure]);
}

class Importer {
  readonly imported: Imported = { sessions: 0, messages: 0, retained: 0, wills: 0 };
  readonly #record: RecordWriter;
  /** The numbers that messages have here, by those that they have in the lines. */
  readonly #messages = new Map<number, number>();

  constructor(writer: LogWriter) {
    this.#record = new RecordWriter(writer, 1);
  }

  add(one: Entry): void {
    const { imported } = this;
    switch (one.type) {
      case "message":
        imported.messages++;
        this.#messages.set(
          one.id,
          this.#record.message(recorded(one), one.expires ?? Number.POSITIVE_INFINITY),
        );
        return;
      case "retained":
        imported.retained++;
        this.#record.retain(recorded(one), one.expires ?? Number.POSITIVE_INFINITY);
        return;
      case "will":
        imported.wills++;
        this.#record.will(one.clientId, one.delay, one.packet, one.author);
        return;
      case "session":
        imported.sessions++;
        this.#session(imported.sessions, one);
    }
  }

  #session(number: number, session: SessionEntry): void {
    const {
      clientId,
      owner,
      prefix,
      grant,
      expiry,
      awaySince,
      subscriptions,
      deliveries,
      awaitingPubcomp,
      incoming,
    } = session;
    const record = this.#record;
    record.session(number, { clientId, owner, prefix, grant, expiry });
    if (awaySince !== undefined) record.away(number, awaySince);
    for (const one of subscriptions) record.subscribe(number, one);
    for (const packetId of awaitingPubcomp) record.change(Op.AwaitingPubcomp, number, packetId);
    for (const packetId of incoming) record.change(Op.Received, number, packetId);
    for (const { message, packetId, subscriptionIds, share, ...one } of deliveries) {
      const known = this.#messages.get(message);
      if (known === undefined)
        throw new Error(`session "${clientId}" names message ${message}, which no line before it has`);
      const options = { ...one, subscriptionIds, share, message: noMessage };
      record.deliver(number, options, one.number, known, packetId);
    }
  }
}

function recorded({ topic, qos, retain, payload, properties }: MessageEntry): RecordedMessage {
  const nothing = new Uint8Array(0);
  return {
    topic: { text: topic, bytes: Buffer.from(topic) },
    qos,
    retain,
    properties: properties ?? nothing,
    propertiesStart: 0,
    propertiesEnd: properties?.length ?? 0,
    bytes: payload,
    payloadStart: 0,
    end: payload.length,
    expiresAt: Number.POSITIVE_INFINITY,
    storeNumber: 0,
  };
}

/** A delivery is recorded by the number of its message alone. */
const noMessage = recorded({ topic: "", qos: 0, retain: false, payload: new Uint8Array(0) });
