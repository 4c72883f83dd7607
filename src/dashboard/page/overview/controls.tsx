import { useState } from "preact/hooks";
import { postJson } from "../api/client.ts";
import type { Service } from "../api/types.ts";
import { Dialog } from "../components/dialogs.tsx";
import { Icon } from "../components/icons.tsx";
import { refresh } from "../state/lab.ts";
import { useAction } from "../state/requests.ts";

type Command = "start" | "stop" | "restart";

/** What a command does to connected clients; shown with the question. */
const consequences: Record<Command, string> = {
  start: "It will listen on its address again.",
  stop: "Its clients are served to the end and disconnected; then nobody listens on its address until you start it.",
  restart:
    "Its clients are served to the end and disconnected; then it starts again, with its counters at zero.",
};

const icons = { start: "play", stop: "stop", restart: "restart" } as const;

/** Buttons for start, stop and restart; each asks for confirmation. */
export function Controls({ service }: { service: Service }) {
  const [pending, setPending] = useState<Command>();
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
          title={`${capitalize(command)} ${service.name}`}
          aria-label={`${capitalize(command)} ${service.name}`}
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
  const action = useAction();
  const { name, clients } = service;
  const confirm = () =>
    action.start(async () => {
      await postJson(`/api/services/${encodeURIComponent(name)}/${command}`);
      await refresh();
      onClose();
    });
  return (
    <Dialog title={`${capitalize(command)} ${name}?`} onClose={onClose}>
      <p>{consequences[command]}</p>
      {command !== "start" && clients !== null && clients > 0 && (
        <p>
          <strong>{clients === 1 ? "One client is" : `${clients} clients are`} connected now.</strong>
        </p>
      )}
      {action.error !== undefined && (
        <p class="error" role="alert">
          {action.error}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class={command === "stop" ? "danger" : "primary"}
          disabled={action.isBusy}
          onClick={confirm}
        >
          {action.isBusy ? "Please wait …" : capitalize(command)}
        </button>
      </div>
    </Dialog>
  );
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
