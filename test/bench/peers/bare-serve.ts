// Bare Bun.serve, doing by hand the work that the case needs: `bun bare-serve.ts rest` or `jsonrpc`.
const json = { headers: { "content-type": "application/json" } };
const badRequest = { status: 400, ...json };

function add(request: Request): Response {
  const url = new URL(request.url);
  const a = url.searchParams.get("a") ?? "";
  const b = url.searchParams.get("b") ?? "";
  if (url.pathname !== "/add") return new Response('{"error":"Not found"}', { status: 404, ...json });
  if (!/^[+-]?\d+$/.test(a) || !/^[+-]?\d+$/.test(b)) {
    return new Response('{"error":"Invalid input"}', badRequest);
  }
  return new Response(`{"result":${BigInt(a) + BigInt(b)}}`, json);
}

async function call(request: Request): Promise<Response> {
  const { jsonrpc, method, params, id } = (await request.json()) as Record<string, unknown>;
  const isAdd = jsonrpc === "2.0" && method === "add" && Array.isArray(params);
  if (!isAdd || !params.every(Number.isInteger)) return new Response('{"error":"Invalid"}', badRequest);
  return Response.json({ jsonrpc: "2.0", result: Number(BigInt(params[0]) + BigInt(params[1])), id });
}

const answer = process.argv[2] === "jsonrpc" ? call : add;
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
console.log(`listening ${server.port}`);
