# docker build -t distsrv .                           the server and its client, and nothing else
# docker build -t distsrv:debug --target debug .      the same in Debian, with a shell and tools to look at the network

# The binary is built where its packages are.
FROM oven/bun:1.4.5-slim AS build
WORKDIR /distsrv
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile
COPY tsconfig.json LICENSE ./
COPY scripts scripts
COPY config config
COPY src src
RUN bun scripts/build.ts && bun scripts/image.ts /image && mkdir /state

# For exercises: it runs as root, because tcpdump and ip need to.
FROM debian:12-slim AS debug
RUN apt-get update \
  && apt-get install -y --no-install-recommends iproute2 procps tcpdump \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/ /
COPY --from=build /state/ /var/lib/distsrv/
ENV DISTSRV_STATE_DIR=/var/lib/distsrv
LABEL org.opencontainers.image.title="distsrv, debug" \
  org.opencontainers.image.description="distsrv and distcli with a shell, tcpdump, ip and ps" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.base.name="docker.io/library/debian:12-slim"
VOLUME /var/lib/distsrv
EXPOSE 1883 2222 3131 4000 4141 5151 5555 8000 8088 9999 10000 12345 12345/udp 32444 45000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/distsrv", "health", "/etc/distsrv/lab.yaml"]
ENTRYPOINT ["/usr/local/bin/distsrv"]
CMD ["--config", "/etc/distsrv/lab.yaml"]

# libzmq inside the binary needs the C++ library; nothing else is there to attack.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /image/ /
# A new volume takes its owner from this folder.
COPY --from=build --chown=65532:65532 /state/ /var/lib/distsrv/
ENV DISTSRV_STATE_DIR=/var/lib/distsrv
LABEL org.opencontainers.image.title="distsrv" \
  org.opencontainers.image.description="Every server of a distributed-systems lab in one process, and distcli, its client" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"
USER 65532:65532
VOLUME /var/lib/distsrv
EXPOSE 1883 2222 3131 4000 4141 5151 5555 8000 8088 9999 10000 12345 12345/udp 32444 45000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/distsrv", "health", "/etc/distsrv/lab.yaml"]
ENTRYPOINT ["/usr/local/bin/distsrv"]
CMD ["--config", "/etc/distsrv/lab.yaml"]
