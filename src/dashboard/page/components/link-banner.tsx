import { link, services } from "../state/lab.ts";
import { useCell } from "../state/store.ts";
import { Icon } from "./icons.tsx";

/** Says so when the server does not answer, and that what is shown is old. */
export function LinkBanner() {
  const state = useCell(link);
  const isKnown = useCell(services) !== undefined;
  return (
    <div role="status" aria-live="polite">
      {state === "down" && (
        <p class="banner">
          <Icon name="warning" />
          <span>
            <strong>The server does not answer.</strong> Trying again every second
            {isKnown ? "; what you see is what it told last." : "."}
          </span>
        </p>
      )}
    </div>
  );
}
