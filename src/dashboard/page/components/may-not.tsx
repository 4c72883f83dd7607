import type { Role } from "../api/types.ts";
import { useMay } from "../state/me.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: { needs: (role: string) => `You may only look here: this takes the role ${role}.` },
  id: { needs: (role) => `Anda hanya boleh melihat di sini: ini memerlukan peran ${role}.` },
});

/** Says why a form cannot be sent, to those whose role is too low. */
export function MayNot({ needed }: { needed: Role }) {
  if (useMay(needed)) return null;
  return <p class="soft small">{words.needs(needed)}</p>;
}
