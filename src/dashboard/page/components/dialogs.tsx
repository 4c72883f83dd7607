import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { rememberToken, tokenRequired } from "../api/client.ts";
import { shortcuts } from "../state/keys.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icons.tsx";

interface DialogProps {
  readonly title: string;
  readonly class?: string;
  /** Absent: the user cannot close it. */
  readonly onClose?: () => void;
  readonly children: ComponentChildren;
}

/** The browser's own modal dialog: it keeps the focus, gives it back, and closes with Esc. */
export function Dialog({ title, onClose, children, class: name = "" }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const label = useId();
  useEffect(() => {
    dialog.current?.showModal();
    // The browser would focus the button that closes the dialog.
    dialog.current?.querySelector<HTMLElement>("input, select, .actions button")?.focus();
  }, []);
  const outside = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose?.();
  };
  const cancel = (event: Event) => {
    event.preventDefault();
    onClose?.();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it, as Esc does
    <dialog ref={dialog} class={name} aria-labelledby={label} onClick={outside} onCancel={cancel}>
      <div class="dialog-body">
        <header>
          <h2 id={label}>{title}</h2>
          {onClose && (
            <button type="button" class="icon" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Lists the keyboard shortcuts. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {shortcuts.map(([keys, words]) => (
          <div key={keys}>
            <dt>{keys.split(" ").map((key) => (key === "…" ? " … " : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** Asks for the token when the server requires one. */
export function TokenDialog() {
  const isRequired = useStore(tokenRequired);
  if (!isRequired) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get("token");
    if (typeof token === "string" && token.trim() !== "") rememberToken(token.trim());
  };
  return (
    <Dialog title="This server asks for its token">
      <form class="stack" onSubmit={submit}>
        <p class="soft">
          The server prints it at its start when it makes it by itself; else it stands in the configuration,
          under <code>admin: token:</code>, or in the environment. This tab remembers it until it is closed.
        </p>
        <label>
          Token
          <input name="token" type="password" autocomplete="off" required minLength={1} />
        </label>
        <div class="actions">
          <button class="primary" type="submit">
            Open
          </button>
        </div>
      </form>
    </Dialog>
  );
}
