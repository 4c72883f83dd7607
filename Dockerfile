# The binary is built where its packages are, and runs where little else is.
FROM oven/bun:1.4.5-slim AS build
WORKDIR /distsrv
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile
COPY tsconfig.json ./
COPY scripts scripts
COPY config config
COPY src src
# Both programs are one file, which goes by its name: a symbolic link survives the copy below, a hard link does not.
RUN bun scripts/build.ts && ln -sf distsrv dist/distcli

# libzmq inside the binary needs the C++ library; nothing else is there to attack.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /distsrv/dist/ /usr/local/bin/
COPY config/lab.yaml /etc/distsrv/lab.yaml
EXPOSE 1883 2222 3131 4000 4141 5151 5555 8000 9999 10000 12345 12345/udp 32444 45000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/distsrv"]
CMD ["--config", "/etc/distsrv/lab.yaml"]
