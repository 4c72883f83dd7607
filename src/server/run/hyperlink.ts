type Environment = Readonly<Record<string, string | undefined>>;

/** Programs that make a link of OSC 8, by the TERM_PROGRAM that they set. */
const programs = new Set(["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "WarpTerminal"]);

/**
 * Whether a terminal understands OSC 8. There is no way to ask one, so it has to be known; the others get the plain
 * address, which many of them make a link of by themselves.
 */
export function understandsLinks(environment: Environment): boolean {
  const { TERM = "", TERM_PROGRAM = "", VTE_VERSION, WT_SESSION, KONSOLE_VERSION } = environment;
  if (TERM === "dumb" || TERM === "linux" || environment.CI) return false;
  // GNOME Terminal and its relatives; version 0.50 is the first that does.
  if (Number(VTE_VERSION) >= 5000 || WT_SESSION || Number(KONSOLE_VERSION) >= 200_400) return true;
  return programs.has(TERM_PROGRAM) || /^(xterm-)?(kitty|ghostty|alacritty|foot)/.test(TERM);
}

/** The address as a link: OSC 8 around it where the terminal understands that, else as it is. */
export function hyperlink(url: string, isUnderstood: boolean): string {
  return isUnderstood ? `\x1b]8;;${url}\x1b\\${url}\x1b]8;;\x1b\\` : url;
}
