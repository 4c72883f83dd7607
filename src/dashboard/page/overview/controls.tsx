import { useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import type { Service } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { Question } from "../components/question.tsx";
import { refresh } from "../state/lab.ts";
import { useMay } from "../state/me.ts";
import { texts } from "../text/language.ts";

type Command = "start" | "stop" | "restart";

interface CommandWords {
  readonly verb: string;
  readonly label: (service: string) => string;
  readonly question: (service: string) => string;
  /** What it does to connected clients; shown with the question. */
  readonly consequence: string;
}

const commandWords = texts<Record<Command, CommandWords>>({
  en: {
    start: {
      verb: "Start",
      label: (service) => `Start ${service}`,
      question: (service) => `Start ${service}?`,
      consequence: "It will listen on its address again.",
    },
    stop: {
      verb: "Stop",
      label: (service) => `Stop ${service}`,
      question: (service) => `Stop ${service}?`,
      consequence:
        "Its clients are served to the end and disconnected; then nobody listens on its address until you start it.",
    },
    restart: {
      verb: "Restart",
      label: (service) => `Restart ${service}`,
      question: (service) => `Restart ${service}?`,
      consequence:
        "Its clients are served to the end and disconnected; then it starts again, with its counters at zero.",
    },
  },
  id: {
    start: {
      verb: "Mulai",
      label: (service) => `Mulai ${service}`,
      question: (service) => `Mulai ${service}?`,
      consequence: "Layanan ini akan mendengarkan lagi di alamatnya.",
    },
    stop: {
      verb: "Hentikan",
      label: (service) => `Hentikan ${service}`,
      question: (service) => `Hentikan ${service}?`,
      consequence:
        "Kliennya dilayani sampai selesai lalu diputus; setelah itu tidak ada yang mendengarkan di alamatnya sampai layanan ini dimulai lagi.",
    },
    restart: {
      verb: "Mulai ulang",
      label: (service) => `Mulai ulang ${service}`,
      question: (service) => `Mulai ulang ${service}?`,
      consequence:
        "Kliennya dilayani sampai selesai lalu diputus; setelah itu layanan ini mulai lagi, dengan penghitung dari nol.",
    },
  },
});

const words = texts({
  en: {
    attempt: (service: string) => `Try ${service}`,
    connected: (count: number) =>
      count === 1 ? "One client is connected now." : `${count} clients are connected now.`,
  },
  id: {
    attempt: (service) => `Coba ${service}`,
    connected: (count) => `${count} klien sedang tersambung.`,
  },
});

const icons = { start: "play", stop: "stop", restart: "restart" } as const;

/** Buttons for start, stop and restart; each asks for confirmation. */
export function Controls({ service }: { service: Service }) {
  const [pending, setPending] = useState<Command>();
  const isDown = service.state === "stopped" || service.state === "failed";
  const mayOperate = useMay("operate");
  const commands: Command[] = !mayOperate ? [] : isDown ? ["start"] : ["restart", "stop"];
  return (
    <span class="controls">
      <a
        class="icon"
        href={`#/try/${encodeURIComponent(service.name)}`}
        title={words.attempt(service.name)}
        aria-label={words.attempt(service.name)}
      >
        <Icon name="send" size={16} />
      </a>
      {commands.map((command) => (
        <button
          key={command}
          type="button"
          class="icon"
          title={commandWords[command].label(service.name)}
          aria-label={commandWords[command].label(service.name)}
          onClick={() => setPending(command)}
        >
          <Icon name={icons[command]} size={16} />
        </button>
      ))}
      {pending !== undefined && (
        <Confirmation service={service} command={pending} onClose={() => setPending(undefined)} />
      )}
    </span>
  );
}

function Confirmation({
  service,
  command,
  onClose,
}: {
  service: Service;
  command: Command;
  onClose: () => void;
}) {
  const { name, clients } = service;
  const { question, consequence, verb } = commandWords[command];
  const carryOut = async () => {
    await postJson(`/api/services/${encodeURIComponent(name)}/${command}`);
    await refresh();
    onClose();
  };
  return (
    <Question
      title={question(name)}
      verb={verb}
      isDangerous={command === "stop"}
      onConfirm={carryOut}
      onClose={onClose}
    >
      <p>{consequence}</p>
      {command !== "start" && clients !== null && clients > 0 && (
        <p>
          <strong>{words.connected(clients)}</strong>
        </p>
      )}
    </Question>
  );
}
