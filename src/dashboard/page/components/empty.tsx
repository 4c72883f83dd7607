import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons.tsx";

/** In the place of what is not there (yet): what it would be, and how to get it. */
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
