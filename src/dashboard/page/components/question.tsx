import type { ComponentChildren } from "preact";
import { useAction } from "../state/requests.ts";
import { shared } from "../text/words.ts";
import { Dialog } from "./dialogs.tsx";

interface QuestionProps {
  readonly title: string;
  /** What the button says that carries it out. */
  readonly verb: string;
  /** It takes something away that does not come back by itself. */
  readonly isDangerous: boolean;
  /** Asked to go on. The dialog stays while it runs, and shows what it throws. */
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  /** What will happen, and what may be chosen. */
  readonly children: ComponentChildren;
}

/** Asks before something is done. */
export function Question({ title, verb, isDangerous, onConfirm, onClose, children }: QuestionProps) {
  const action = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {action.error !== undefined && (
        <p class="error" role="alert">
          {action.error}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {shared.cancel}
        </button>
        <button
          type="button"
          class={isDangerous ? "danger" : "primary"}
          disabled={action.isBusy}
          onClick={() => action.start(onConfirm)}
        >
          {action.isBusy ? shared.busy : verb}
        </button>
      </div>
    </Dialog>
  );
}
