/** Why text is no URL to ask over HTTP; undefined: it is one. */
export function urlMistake(text: string): string | undefined {
  const expected = "must be a URL such as https://auth.example/mqtt";
  const url = URL.parse(text);
  // It is not quoted: there may be a secret in it.
  if (url === null || !["http:", "https:"].includes(url.protocol)) return expected;
  if (url.username !== "" || url.password !== "")
    return `${expected}, without a user name and password in it`;
  return undefined;
}

/** As it may be shown: a query may hold a key. */
export function shownUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}
