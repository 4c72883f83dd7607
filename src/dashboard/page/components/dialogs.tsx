import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { keepToken, rememberToken, tokenRequired } from "../api/client.ts";
import { shortcuts } from "../state/keys.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { Icon } from "./icons.tsx";

const words = texts({
  en: {
    keyboard: "Keyboard",
    tokenTitle: "This server asks for its token",
    tokenPrinted: "The server prints it at its start when it makes it by itself; else it is configured as",
    tokenKept:
      ", stands in the environment, or is yours alone (admin: users:). This tab remembers it until it is closed.",
    token: "Token",
    open: "Open",
  },
  id: {
    keyboard: "Papan ketik",
    tokenTitle: "Server ini meminta token",
    tokenPrinted: "Server mencetaknya saat mulai bila membuatnya sendiri; jika tidak, token diatur sebagai",
    tokenKept:
      ", ada di environment, atau milik Anda sendiri (admin: users:). Tab ini mengingatnya sampai ditutup.",
    token: "Token",
    open: "Buka",
  },
});

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
  useLayoutEffect(() => {
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
            <button type="button" class="icon" aria-label={shared.close} onClick={onClose}>
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
    <Dialog title={words.keyboard} onClose={onClose}>
      <dl class="keys">
        {Object.entries(shortcuts).map(([keys, effect]) => (
          <div key={keys}>
            <dt>{keys.split(" ").map((key) => (key === "…" ? " … " : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{effect}</dd>
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
  const onClose = keepToken();
  return (
    <Dialog title={words.tokenTitle} {...(onClose !== undefined && { onClose })}>
      <form class="stack" onSubmit={submit}>
        <p class="soft">
          {words.tokenPrinted} <code>admin: token:</code>
          {words.tokenKept}
        </p>
        <label>
          {words.token}
          <input name="token" type="password" autocomplete="off" required minLength={1} />
        </label>
        <div class="actions">
          <button class="primary" type="submit">
            {words.open}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
