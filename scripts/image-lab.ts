/** Settings of the lab's file as they stand there, commented out, and as the image has them. */
const changes = [
  ["  #host: 127.0.0.1\n", "  host: 0.0.0.0\n"],
  ["  #token: generate\n", "  token: generate\n"],
  [
    "    #persistence: { directory: ./data, sync: always, onDamage: skip, segmentSize: 16MiB }\n",
    `    persistence: { directory: "\${DISTSRV_STATE_DIR:-/var/lib/distsrv}/mqtt" }\n`,
  ],
] as const;

/**
 * The lab's file for a container, whose own 127.0.0.1 nobody else reaches: the admin service listens everywhere, and
 * therefore has a token; and the broker keeps what it has acknowledged in the image's volume.
 */
export function imageLab(lab: string): string {
  return changes.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2)
      throw new Error(
        `Cannot make the image's lab.yaml: config/lab.yaml must have ${JSON.stringify(from)} once`,
      );
    return text.replace(from, to);
  }, lab);
}
