import { useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import type { Service } from "../api/types.ts";
import { Dialog } from "../components/dialog.tsx";
import { Icon } from "../components/icons.tsx";
import { refresh } from "../state/lab.ts";
import { useRun } from "../state/requests.ts";

type Command = "start" | "stop" | "restart";

/** What a command does to those who are connected, asked before it is done. */
const consequences: Record<Command, string> = {
  start: "It will listen on its address again.",
  stop: "Its clients are served to the end and disconnected; then nobody listens on its address until you start it.",
  restart:
    "Its clients are served to the end and disconnected; then it starts again, with its counters at zero.",
};

const icons = { start: "play", stop: "stop", restart: "restart" } as const;

/** Start, stop and restart, each after a question. */
export function Controls({ service }: { service: Service }) {
  const [asked, setAsked] = useState<Command>();
  const isDown = service.state === "stopped" || service.state === "failed";
  const commands: Command[] = isDown ? ["start"] : ["restart", "stop"];
  return (
    <span class="controls">
      <a
        class="icon"
        href={`#/try/${encodeURIComponent(service.name)}`}
        title={`Try ${service.name}`}
        aria-label={`Try ${service.name}`}
      >
        <Icon name="send" size={16} />
      </a>
      {commands.map((command) => (
        <button
          key={command}
          type="button"
          class="icon"
          title={`${capital(command)} ${service.name}`}
          aria-label={`${capital(command)} ${service.name}`}
          onClick={() => setAsked(command)}
        >
          <Icon name={icons[command]} size={16} />
        </button>
      ))}
      {asked !== undefined && (
        <Question service={service} command={asked} onClose={() => setAsked(undefined)} />
      )}
    </span>
  );
}

function Question({
  service,
  command,
  onClose,
}: {
  service: Service;
  command: Command;
  onClose: () => void;
}) {
  const run = useRun();
  const { name, clients } = service;
  const confirm = () =>
    run.start(async () => {
      await postJson(`/api/services/${encodeURIComponent(name)}/${command}`);
      await refresh();
      onClose();
    });
  return (
    <Dialog title={`${capital(command)} ${name}?`} onClose={onClose}>
      <p>{consequences[command]}</p>
      {command !== "start" && clients !== null && clients > 0 && (
        <p>
          <strong>{clients === 1 ? "One client is" : `${clients} clients are`} connected now.</strong>
        </p>
      )}
      {run.error !== undefined && (
        <p class="error" role="alert">
          {run.error}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class={command === "stop" ? "danger" : "primary"}
          disabled={run.isBusy}
          onClick={confirm}
        >
          {run.isBusy ? "Please wait …" : capital(command)}
        </button>
      </div>
    </Dialog>
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
