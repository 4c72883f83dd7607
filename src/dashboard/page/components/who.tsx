import { useState } from "preact/hooks";
import { askForToken } from "../api/client.ts";
import type { Me, Role } from "../api/types.ts";
import { me } from "../state/me.ts";
import { useStore } from "../state/use-store.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { Dialog } from "./dialogs.tsx";
import { Icon } from "./icons.tsx";

interface RoleWords {
  readonly title: string;
  readonly label: (name: string, role: string) => string;
  readonly token: string;
  readonly machine: (name: string) => string;
  readonly named: (name: string) => string;
  readonly view: string;
  readonly operate: string;
  readonly admin: string;
  readonly other: string;
}

const words = texts<RoleWords>({
  en: {
    title: "Who you are here",
    label: (name, role) => `You are ${name}, role ${role}`,
    token: "You have shown the server's own token (admin: token).",
    machine: (name) =>
      `The server asks for no token; by your connection you are this machine's user ${name}.`,
    named: (name) => `By your token you are ${name}.`,
    view: "You may look at everything and change nothing (role view).",
    operate:
      "You may look, start, stop and try services, publish, and disconnect clients (role operate). Bans and settings take the role admin.",
    admin: "You may do everything (role admin).",
    other: "Use another token",
  },
  id: {
    title: "Siapa Anda di sini",
    label: (name, role) => `Anda ${name}, peran ${role}`,
    token: "Anda menunjukkan token milik server (admin: token).",
    machine: (name) =>
      `Server tidak meminta token; menurut koneksi Anda, Anda adalah pengguna ${name} di mesin ini.`,
    named: (name) => `Menurut token Anda, Anda adalah ${name}.`,
    view: "Anda boleh melihat semuanya dan tidak mengubah apa pun (peran view).",
    operate:
      "Anda boleh melihat, memulai, menghentikan, dan mencoba layanan, publish, dan memutus klien (peran operate). Blokir dan pengaturan memerlukan peran admin.",
    admin: "Anda boleh melakukan semuanya (peran admin).",
    other: "Pakai token lain",
  },
});

/** Who the user is to the server; a dialog says what that means. */
export function Who() {
  const known = useStore(me);
  const [isOpen, setOpen] = useState(false);
  if (known === undefined) return null;
  const label = words.label(known.name, known.role);
  return (
    <>
      <button class="me" type="button" title={label} aria-label={label} onClick={() => setOpen(true)}>
        <Icon name="user" />
        <span>{known.name}</span>
      </button>
      {isOpen && <WhoDialog known={known} onClose={() => setOpen(false)} />}
    </>
  );
}

function WhoDialog({ known, onClose }: { known: Me; onClose: () => void }) {
  const other = () => {
    onClose();
    askForToken();
  };
  return (
    <Dialog title={words.title} onClose={onClose}>
      <p>{identity(known)}</p>
      <p>{allowance(known.role)}</p>
      <div class="actions">
        {known.by !== "machine" && (
          <button type="button" onClick={other}>
            {words.other}
          </button>
        )}
        <button type="button" class="primary" onClick={onClose}>
          {shared.close}
        </button>
      </div>
    </Dialog>
  );
}

function identity({ by, name }: Me): string {
  if (by === "token") return words.token;
  return by === "machine" ? words.machine(name) : words.named(name);
}

const allowance = (role: Role): string => words[role];
