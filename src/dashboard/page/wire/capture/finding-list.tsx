import { useState } from "preact/hooks";
import type { CapturedFinding } from "../../../capture/messages.ts";
import { integer } from "../../text/format.ts";
import { language, texts } from "../../text/language.ts";
import { shared } from "../../text/words.ts";

const words = texts({
  en: {
    nothing: "Nothing in this capture is odd.",
    packet: (packet: number) => `packet ${packet}`,
    conversation: (number: number) => `conversation ${number}`,
    omitted: (count: string) => `${count} further ones were not kept.`,
  },
  id: {
    nothing: "Tidak ada yang janggal dalam tangkapan ini.",
    packet: (packet) => `paket ${packet}`,
    conversation: (number) => `percakapan ${number}`,
    omitted: (count) => `${count} lainnya tidak disimpan.`,
  },
});

const maxListed = 100;

interface FindingListProps {
  readonly findings: readonly CapturedFinding[];
  readonly omitted: number;
  /** Somebody wants to see this packet. */
  readonly onShow: (packet: number, conversation: number | undefined) => void;
}

/** What is odd in a capture, the weightiest first, with its packets. */
export function FindingList({ findings, omitted, onShow }: FindingListProps) {
  const [shown, setShown] = useState(maxListed);
  if (findings.length === 0) return <p class="soft">{words.nothing}</p>;
  return (
    <>
      <ul class="capture-findings">
        {findings.slice(0, shown).map(({ code, conversation, packets, sentence, count }, index) => (
          <li key={`${code} ${conversation ?? ""} ${index}`}>
            <span>{sentence[language.get()]}</span>
            <span class="capture-packets">
              {conversation !== undefined && (
                <span class="soft small">{words.conversation(conversation)}</span>
              )}
              {packets.map((packet) => (
                <button type="button" class="link" key={packet} onClick={() => onShow(packet, conversation)}>
                  {words.packet(packet)}
                </button>
              ))}
              {count > packets.length && packets.length > 0 && (
                <span class="soft small">{shared.more(integer(count - packets.length))}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
      {findings.length > shown && (
        <button type="button" onClick={() => setShown(shown + maxListed)}>
          {shared.more(integer(findings.length - shown))}
        </button>
      )}
      {omitted > 0 && <p class="soft small">{words.omitted(integer(omitted))}</p>}
    </>
  );
}
