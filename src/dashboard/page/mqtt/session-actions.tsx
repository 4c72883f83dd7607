import { useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import { Icon, type IconName } from "../components/icons.tsx";
import { Question } from "../components/question.tsx";
import { useMay } from "../state/me.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { actionPath, type SessionInfo } from "./broker-api.ts";
import { networkOfPeer } from "./peer-network.ts";

type Deed = "kick" | "drop" | "ban";

interface DeedWords {
  readonly verb: string;
  readonly label: (who: string) => string;
  readonly question: (who: string) => string;
  readonly consequence: string;
}

const deedWords = texts<Record<Deed, DeedWords>>({
  en: {
    kick: {
      verb: "Disconnect",
      label: (client) => `Disconnect ${client}`,
      question: (client) => `Disconnect ${client}?`,
      consequence:
        "Its will is published. Its session waits for it, and most clients come back at once; to keep it out, ban its address.",
    },
    drop: {
      verb: "Delete the session",
      label: (client) => `Delete the session of ${client}`,
      question: (client) => `Delete the session of ${client}?`,
      consequence:
        "It is disconnected; its subscriptions and the messages that wait for it are deleted. This cannot be undone.",
    },
    ban: {
      verb: "Ban",
      label: (address) => `Ban the address ${address}`,
      question: (address) => `Ban the address ${address}?`,
      consequence:
        "Whoever comes from there is disconnected, and no service lets it in: others behind the same address, too.",
    },
  },
  id: {
    kick: {
      verb: "Putuskan",
      label: (client) => `Putuskan ${client}`,
      question: (client) => `Putuskan ${client}?`,
      consequence:
        "Will-nya di-publish. Sesinya menunggu, dan kebanyakan klien segera kembali; agar tidak bisa masuk, blokir alamatnya.",
    },
    drop: {
      verb: "Hapus sesi",
      label: (client) => `Hapus sesi ${client}`,
      question: (client) => `Hapus sesi ${client}?`,
      consequence:
        "Klien ini diputus; subscription dan pesan yang menunggunya dihapus. Ini tidak dapat dibatalkan.",
    },
    ban: {
      verb: "Blokir",
      label: (address) => `Blokir alamat ${address}`,
      question: (address) => `Blokir alamat ${address}?`,
      consequence:
        "Siapa pun dari sana diputus, dan tidak ada layanan yang menerimanya: juga klien lain di balik alamat yang sama.",
    },
  },
});

const words = texts({
  en: {
    long: "How long",
    times: ["10 minutes", "1 hour", "1 day", "until it is lifted"] as readonly string[],
  },
  id: { long: "Berapa lama", times: ["10 menit", "1 jam", "1 hari", "sampai dicabut"] },
});

/** As the API takes them, in the order of their words. */
const banTimes = ["10m", "1h", "1d", "forever"] as const;

const icons: Readonly<Record<Deed, IconName>> = { kick: "unplug", drop: "clear", ban: "ban" };

interface SessionActionsProps {
  readonly broker: string;
  readonly session: SessionInfo;
  readonly onDone: () => void;
}

/** Buttons to disconnect a client, delete its session and ban its address; each asks for confirmation. */
export function SessionActions({ broker, session, onDone }: SessionActionsProps) {
  const [pending, setPending] = useState<Deed>();
  const mayOperate = useMay("operate");
  const mayBan = useMay("admin");
  const { connected, remote } = session;
  const host = connected ? networkOfPeer(remote ?? "") : undefined;
  const deeds: readonly Deed[] = [
    ...(mayOperate && connected ? (["kick"] as const) : []),
    ...(mayOperate ? (["drop"] as const) : []),
    ...(mayBan && host !== undefined ? (["ban"] as const) : []),
  ];
  const whom = (deed: Deed) => (deed === "ban" ? (host ?? "") : session.clientId || shared.anonymous);
  const close = () => setPending(undefined);
  return (
    <span class="controls">
      {deeds.map((deed) => (
        <button
          key={deed}
          type="button"
          class="icon"
          title={deedWords[deed].label(whom(deed))}
          aria-label={deedWords[deed].label(whom(deed))}
          onClick={() => setPending(deed)}
        >
          <Icon name={icons[deed]} size={16} />
        </button>
      ))}
      {pending !== undefined && (
        <Confirmation
          deed={pending}
          whom={whom(pending)}
          onClose={close}
          carryOut={async (time) => {
            await carryOut(pending, broker, session, host ?? "", time);
            close();
            onDone();
          }}
        />
      )}
    </span>
  );
}

async function carryOut(deed: Deed, broker: string, session: SessionInfo, host: string, time: string) {
  if (deed === "ban") {
    await postJson("/api/bans", {
      address: host,
      for: time,
      reason: `client ${session.clientId}`.slice(0, 200),
    });
    return;
  }
  const client = session.id ?? session.clientId;
  await postJson(actionPath(broker, "kick"), { client, dropSession: deed === "drop" });
}

interface ConfirmationProps {
  readonly deed: Deed;
  readonly whom: string;
  readonly onClose: () => void;
  readonly carryOut: (time: string) => Promise<void>;
}

function Confirmation({ deed, whom, onClose, carryOut }: ConfirmationProps) {
  const [time, setTime] = useState<string>(banTimes[0]);
  const { question, consequence, verb } = deedWords[deed];
  return (
    <Question
      title={question(whom)}
      verb={verb}
      isDangerous={deed !== "kick"}
      onConfirm={() => carryOut(time)}
      onClose={onClose}
    >
      <p>{consequence}</p>
      {deed === "ban" && (
        <label class="inline">
          {words.long}
          <select value={time} onChange={(event) => setTime(event.currentTarget.value)}>
            {banTimes.map((each, index) => (
              <option key={each} value={each}>
                {words.times[index]}
              </option>
            ))}
          </select>
        </label>
      )}
    </Question>
  );
}
