import { useState } from "preact/hooks";
import type { CapturedConversation, CapturedFinding } from "../../../capture/messages.ts";
import { bytes, integer } from "../../text/format.ts";
import { language, texts } from "../../text/language.ts";
import { shared } from "../../text/words.ts";

const words = texts({
  en: {
    search: "Search in conversations",
    all: "All",
    first: (count: number) => `First ${count}`,
    none: "None",
    only: (number: number) => `Only conversation ${number}`,
    onlyShort: "only",
    packets: (count: number) => (count === 1 ? "1 packet" : `${integer(count)} packets`),
    odd: (count: number) => (count === 1 ? "1 odd" : `${count} odd`),
    nothing: "No conversation has that.",
    most: (count: number) => `At most ${count} are drawn at a time.`,
  },
  id: {
    search: "Cari dalam percakapan",
    all: "Semua",
    first: (count) => `${count} pertama`,
    none: "Kosongkan",
    only: (number) => `Hanya percakapan ${number}`,
    onlyShort: "hanya",
    packets: (count) => `${integer(count)} paket`,
    odd: (count) => `${count} janggal`,
    nothing: "Tidak ada percakapan yang memuatnya.",
    most: (count) => `Paling banyak ${count} digambar sekaligus.`,
  },
});

/** So many are drawn at a time: more lanes and rows nobody can follow. */
export const maxDrawn = 40;
/** So many are listed at first. */
const maxListed = 100;

interface ConversationListProps {
  readonly conversations: readonly CapturedConversation[];
  readonly findings: readonly CapturedFinding[];
  /** The numbers of those that are drawn. */
  readonly drawn: readonly number[];
  readonly onDraw: (numbers: readonly number[]) => void;
  /** The colour of its service. */
  readonly toneOf: (conversation: CapturedConversation) => number;
}

/** All conversations of a capture, those to be drawn with a tick. */
export function ConversationList({ conversations, findings, drawn, onDraw, toneOf }: ConversationListProps) {
  const [text, setText] = useState("");
  const [shown, setShown] = useState(maxListed);
  const found = conversations.filter((conversation) => has(conversation, text));
  const odd = oddCounts(findings);
  const toggle = (number: number) =>
    onDraw(
      drawn.includes(number)
        ? drawn.filter((other) => other !== number)
        : [...drawn, number].slice(-maxDrawn),
    );
  const some = found.slice(0, maxDrawn).map(({ number }) => number);
  return (
    <>
      <div class="capture-choice">
        <input
          type="search"
          aria-label={words.search}
          placeholder={words.search}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="button" onClick={() => onDraw(some)}>
          {found.length > maxDrawn ? words.first(maxDrawn) : words.all}
        </button>
        <button type="button" onClick={() => onDraw([])}>
          {words.none}
        </button>
      </div>
      {drawn.length === maxDrawn && <p class="soft small">{words.most(maxDrawn)}</p>}
      {found.length === 0 && conversations.length > 0 && <p class="soft">{words.nothing}</p>}
      <ul class="capture-list">
        {found.slice(0, shown).map((conversation) => (
          <ConversationItem
            key={conversation.number}
            conversation={conversation}
            tone={toneOf(conversation)}
            odd={odd.get(conversation.number) ?? 0}
            isDrawn={drawn.includes(conversation.number)}
            onToggle={() => toggle(conversation.number)}
            onOnly={() => onDraw([conversation.number])}
          />
        ))}
      </ul>
      {found.length > shown && (
        <button type="button" onClick={() => setShown(shown + maxListed)}>
          {shared.more(integer(found.length - shown))}
        </button>
      )}
    </>
  );
}

interface ItemProps {
  readonly conversation: CapturedConversation;
  readonly tone: number;
  readonly odd: number;
  readonly isDrawn: boolean;
  readonly onToggle: () => void;
  readonly onOnly: () => void;
}

function ConversationItem({ conversation, tone, odd, isDrawn, onToggle, onOnly }: ItemProps) {
  const { number, service, client, server, packets, wireBytes, state } = conversation;
  return (
    <li>
      <label class="inline">
        <input type="checkbox" checked={isDrawn} onChange={onToggle} />
        <span>
          <span class={`capture-service tone-${tone}`}>
            {number} · {service}
          </span>
          {odd > 0 && <span class="capture-odd">{words.odd(odd)}</span>}
          <span class="capture-line mono small">
            {client} → {server}
          </span>
          <span class="capture-line soft small">
            {[protocolsOf(conversation), words.packets(packets), bytes(wireBytes), state?.[language.get()]]
              .filter((part) => part !== undefined)
              .join(" · ")}
          </span>
        </span>
      </label>
      <button type="button" class="link" aria-label={words.only(number)} onClick={onOnly}>
        {words.onlyShort}
      </button>
    </li>
  );
}

/** `TCP, MQTT` */
function protocolsOf({ transport, protocol }: CapturedConversation): string {
  const below = transport.toUpperCase();
  return protocol === undefined || protocol === below ? below : `${below}, ${protocol}`;
}

function has(conversation: CapturedConversation, text: string): boolean {
  const { number, service, client, server } = conversation;
  const wanted = text.trim().toLowerCase();
  const all = [String(number), service, client, server, protocolsOf(conversation)];
  return wanted === "" || all.some((part) => part.toLowerCase().includes(wanted));
}

function oddCounts(findings: readonly CapturedFinding[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { conversation } of findings)
    if (conversation !== undefined) counts.set(conversation, (counts.get(conversation) ?? 0) + 1);
  return counts;
}
