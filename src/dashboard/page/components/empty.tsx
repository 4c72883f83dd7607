import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons.tsx";

/** The placeholder for an empty list: what it would show, and how to get there. */
export function Empty({
  icon,
  title,
  children,
}: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} size={36} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
