import type { CapturedConversation, CapturePicture } from "../../../capture/messages.ts";
import { integer } from "../../text/format.ts";
import { texts } from "../../text/language.ts";
import { ConversationList } from "./conversation-list.tsx";
import { FindingList } from "./finding-list.tsx";

const words = texts({
  en: {
    label: "What is in the capture",
    conversations: "Conversations",
    odd: "What is odd",
    omitted: (packets: string) => `${packets} packets of further conversations are not shown.`,
  },
  id: {
    label: "Isi tangkapan",
    conversations: "Percakapan",
    odd: "Yang janggal",
    omitted: (packets) => `${packets} paket dari percakapan lain tidak ditampilkan.`,
  },
});

interface CaptureSideProps {
  readonly picture: CapturePicture;
  readonly drawn: readonly number[];
  readonly onDraw: (numbers: readonly number[]) => void;
  readonly toneOf: (conversation: CapturedConversation) => number;
  readonly onShow: (packet: number, conversation: number | undefined) => void;
}

/** The list of conversations and that of what is odd. On a phone they are folded, above the diagram. */
export function CaptureSide({ picture, drawn, onDraw, toneOf, onShow }: CaptureSideProps) {
  const { conversations, findings, omittedConversations } = picture;
  const isWide = matchMedia("(min-width: 641px)").matches;
  return (
    <aside class="capture-side" aria-label={words.label}>
      <details open={isWide}>
        <summary>
          <h2>{words.odd}</h2>
          <span class="soft">{integer(findings.length)}</span>
        </summary>
        <FindingList findings={findings} omitted={picture.omittedFindings} onShow={onShow} />
      </details>
      <details open={isWide}>
        <summary>
          <h2>{words.conversations}</h2>
          <span class="soft">{integer(conversations.length)}</span>
        </summary>
        <ConversationList
          conversations={conversations}
          findings={findings}
          drawn={drawn}
          onDraw={onDraw}
          toneOf={toneOf}
        />
        {omittedConversations > 0 && <p class="soft small">{words.omitted(integer(omittedConversations))}</p>}
      </details>
    </aside>
  );
}
