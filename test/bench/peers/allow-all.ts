// The service that a broker asks who may come in: everybody.
const decider = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: async (request) => {
    await request.json();
    return Response.json({ allow: true });
  },
});
console.log(`listening ${decider.port}`);
