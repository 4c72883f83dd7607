/**
 * Which of the two programs a binary is: the runtime makes up nine tenths of it, so both are in one, and it goes by its
 * name. What it was called as comes first, because a symbolic link is not the file's own name.
 * @param names how it was called, then its file
 */
export function programOf(...names: readonly string[]): "distsrv" | "distcli" {
  for (const name of names) {
    // A login shell is called with a dash before its name.
    const [, program] = /(?:^|[\\/])-?(distsrv|distcli)[^\\/]*$/i.exec(name) ?? [];
    if (program !== undefined) return program.toLowerCase() === "distcli" ? "distcli" : "distsrv";
  }
  return "distsrv";
}
