import { texts } from "../text/language.ts";
import type { WireFilter } from "./filter.ts";
import { othersLabel } from "./lanes.ts";
import type { EventRow } from "./rows.ts";

const words = texts({
  en: {
    label: "Show only",
    peer: "Only this peer",
    connection: "Only this connection",
    topic: "Only this topic",
  },
  id: {
    label: "Hanya tampilkan",
    peer: "Hanya peer ini",
    connection: "Hanya koneksi ini",
    topic: "Hanya topic ini",
  },
});

interface FollowProps {
  readonly row: EventRow;
  readonly filter: WireFilter;
  readonly onFollow: (part: Partial<WireFilter>) => void;
}

/** Follow what a message belongs to: its peer, its connection, its topic. */
export function FollowButtons({ row: { event, peer }, filter, onFollow }: FollowProps) {
  const topic = String(event.fields?.topic ?? "");
  const { lane } = filter;
  const isLane = lane?.service === event.service && lane.peer === peer.label;
  return (
    <fieldset class="follow-buttons" aria-label={words.label}>
      {peer.label !== othersLabel && (
        <Follow
          name={words.peer}
          isOn={isLane}
          onClick={() =>
            onFollow({ lane: isLane ? undefined : { service: event.service, peer: peer.label } })
          }
        />
      )}
      <Follow
        name={words.connection}
        isOn={filter.connection === event.conversation}
        onClick={() =>
          onFollow({ connection: filter.connection === event.conversation ? "" : event.conversation })
        }
      />
      {topic !== "" && (
        <Follow
          name={words.topic}
          isOn={filter.topic === topic}
          onClick={() => onFollow({ topic: filter.topic === topic ? "" : topic })}
        />
      )}
    </fieldset>
  );
}

function Follow({ name, isOn, onClick }: { name: string; isOn: boolean; onClick: () => void }) {
  return (
    <button type="button" aria-pressed={isOn} onClick={onClick}>
      {name}
    </button>
  );
}
