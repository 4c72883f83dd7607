import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";

interface DialogProps {
  readonly title: string;
  readonly class?: string;
  /** Absent: it stays until its purpose is served. */
  readonly onClose?: () => void;
  readonly children: ComponentChildren;
}

/** The browser's own dialog: it keeps the focus, gives it back, and closes with Esc. */
export function Dialog({ title, onClose, children, class: name = "" }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const label = useId();
  useEffect(() => {
    dialog.current?.showModal();
    // What the dialog is for, rather than the button that closes it.
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
