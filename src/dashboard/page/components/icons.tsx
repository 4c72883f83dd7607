/** SVG paths of outlines, 24 units wide. */
const paths = {
  overview: "M4 4h7v7H4zM13 4h7v4h-7zM13 11h7v9h-7zM4 14h7v6H4z",
  wire: "M5 3v18M19 3v18M8 8h8M13.5 5.5 16 8l-2.5 2.5M16 16H8M10.5 13.5 8 16l2.5 2.5",
  mqtt: "M4 20a8 8 0 0 0-0-0M4 13a7 7 0 0 1 7 7M4 6a14 14 0 0 1 14 14M5 20.5a.6.6 0 1 0 0-1.2.6.6 0 0 0 0 1.2",
  try: "M6 4v16l13-8z",
  learn:
    "M12 6.5C10 5 7 4.500 3.500 4.500V18c3.500 0 6.500.5 8.500 2 2-1.500 5-2 8.500-2V4.500C17 4.500 14 5 12 6.500zM12 6.500V20",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z",
  auto: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 3v18M12 7.500l5.500 5.500M12 12.500l4 4M13 3.300l7.500 7.500",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.500 9.500a2.500 2.500 0 1 1 3.600 2.200c-.8.4-1.100 1-1.100 1.800M12 16.800v.1",
  pause: "M8 5v14M16 5v14",
  play: "M7 4.500v15l12-7.500z",
  export: "M12 4v11M7.500 10.500 12 15l4.500-4.500M4.500 19.500h15",
  follow: "M12 4v12M7 11l5 5 5-5M5 20h14",
  close: "M6 6l12 12M18 6 6 18",
  clear: "M5 7h14M10 7V4.500h4V7M7 7l1 12.500h8L17 7",
  restart: "M19.500 12a7.500 7.500 0 1 1-2.300-5.400M19.500 4v4h-4",
  stop: "M6.500 6.500h11v11h-11z",
  warning: "M12 4 2.800 19.500h18.400zM12 10v4.500M12 17v.1",
  filter: "M4 5h16l-6 7.500V19l-4-2v-4.500z",
  chevron: "M9 6l6 6-6 6",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  send: "M4 12 20 4l-5 16-3.500-6.500zM11.500 13.500 20 4",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="glyph" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
