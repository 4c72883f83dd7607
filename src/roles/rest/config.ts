import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { host, port } from "../../core/schema.ts";
import { httpFields } from "../../net/http/config.ts";

export const restConfig = z.strictObject({ host, port: port(labPorts.rest), ...httpFields });

export type RestConfig = z.infer<typeof restConfig>;
