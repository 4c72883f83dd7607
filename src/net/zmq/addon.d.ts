/** Imported as a file: its path on disk, or inside the compiled binary. */
declare module "*/addon.node" {
  const path: string;
  export default path;
}

/** Which libzmq the compiled binary carries, e.g. "linux-x64-glibc"; or "package". Set by the build, absent from source. */
declare const LIBZMQ_TARGET: string;
