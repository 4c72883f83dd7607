import { Icon, type IconName } from "../components/icons.tsx";
import { texts } from "../text/language.ts";
import { rowHeights, zoomed } from "./row-size.ts";

const words = texts({
  en: {
    spacing: "Spacing",
    closer: "Closer together",
    farther: "Farther apart",
    fit: "Fit the screen",
  },
  id: {
    spacing: "Jarak baris",
    closer: "Lebih rapat",
    farther: "Lebih renggang",
    fit: "Pas layar",
  },
});

interface ZoomProps {
  readonly rowHeight: number;
  readonly onZoom: (rowHeight: number) => void;
  readonly onFit: () => void;
}

/** The spacing of the rows. */
export function Zoom({ rowHeight, onZoom, onFit }: ZoomProps) {
  return (
    <fieldset class="zoom" aria-label={words.spacing}>
      <ZoomButton
        icon="less"
        name={words.closer}
        isOff={rowHeight === rowHeights[0]}
        onClick={() => onZoom(zoomed(rowHeight, -1))}
      />
      <ZoomButton
        icon="more"
        name={words.farther}
        isOff={rowHeight === rowHeights.at(-1)}
        onClick={() => onZoom(zoomed(rowHeight, 1))}
      />
      <ZoomButton icon="fit" name={words.fit} onClick={onFit} />
    </fieldset>
  );
}

interface ZoomButtonProps {
  readonly icon: IconName;
  readonly name: string;
  readonly isOff?: boolean;
  readonly onClick: () => void;
}

function ZoomButton({ icon, name, isOff = false, onClick }: ZoomButtonProps) {
  return (
    <button type="button" class="icon" aria-label={name} title={name} disabled={isOff} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
