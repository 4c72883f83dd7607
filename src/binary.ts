// The entry of the binaries: one program under two names.
import { programOf } from "./core/program-name.ts";

if (programOf(process.argv0, process.execPath) === "distcli") await import("./distcli.ts");
else await import("./distsrv.ts");
