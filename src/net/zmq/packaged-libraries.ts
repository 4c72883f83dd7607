/**
 * Where the zeromq package has libzmq for each platform, below its folder `build`; npm's package of distsrv has them all.
 * The addon's Node ABI version does not matter: only libzmq's own functions are called. The one for Windows does not export
 * them, so there distcli has no ZeroMQ.
 */
export const packagedLibraries = {
  "linux-x64-glibc": "linux/x64/node/glibc-127-Release",
  "linux-x64-musl": "linux/x64/node/musl-127-Release",
  "linux-arm64-glibc": "linux/arm64/node/glibc-127-Release",
  "linux-arm64-musl": "linux/arm64/node/musl-127-Release",
  "darwin-x64": "darwin/x64/node/libc-115-Release",
  "darwin-arm64": "darwin/arm64/node/libc-115-Release",
} as const;

/** The names of those that fit a platform; which C library Linux has is seen when one of them is loaded. */
export function librariesFor(platform: string, arch: string): (keyof typeof packagedLibraries)[] {
  const names = Object.keys(packagedLibraries) as (keyof typeof packagedLibraries)[];
  return names.filter((name) => name === `${platform}-${arch}` || name.startsWith(`${platform}-${arch}-`));
}
