import { rememberToken, tokenWanted } from "../api/client.ts";
import { useCell } from "../state/store.ts";
import { Dialog } from "./dialog.tsx";

/** Asks for the token when the server wants one. */
export function TokenDialog() {
  const isWanted = useCell(tokenWanted);
  if (!isWanted) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get("token");
    if (typeof token === "string" && token.trim() !== "") rememberToken(token.trim());
  };
  return (
    <Dialog title="This server asks for its token">
      <form class="stack" onSubmit={submit}>
        <p class="soft">
          It stands in the server's configuration, under <code>admin: token:</code>. This tab remembers it
          until it is closed.
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
