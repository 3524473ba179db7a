# Two images from one build: `docker build --target auth-server .` and `--target resource-api`.

FROM rust:1.95-bookworm AS build
WORKDIR /src
# More than the programs have by default, as `auth-server/otel,resource-api/otel` (docs/operations.md).
ARG FEATURES=
COPY . .
# The target folder lives in a cache that is gone after this step: the programs are copied out in it.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --locked --release --package auth-server --package resource-api \
        --features "$FEATURES" \
    && install -D -t /out target/release/auth-server target/release/resource-api

FROM debian:bookworm-slim AS runtime
# The uid is part of the interface: volumes and backups carry it, so it never changes. The folders
# are here with their owner and mode because an empty named volume takes both from the image.
RUN groupadd --gid 10001 scopegate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin scopegate \
    && install -d -o 10001 -g 10001 -m 0700 /data /data/shared /data/private
# The authorities of https servers that the programs ask: for keys, or by `auth-server doctor`.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV SCOPEGATE_DATA_DIR=/data
USER 10001:10001

FROM runtime AS auth-server
COPY --from=build /out/auth-server /usr/local/bin/auth-server
COPY demo/demo.toml /usr/share/scopegate/demo.toml
ENV SCOPEGATE_AUTH_LISTEN=0.0.0.0:8000
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
    CMD ["auth-server", "healthcheck"]
ENTRYPOINT ["auth-server"]
CMD ["serve"]

FROM runtime AS resource-api
COPY --from=build /out/resource-api /usr/local/bin/resource-api
ENV SCOPEGATE_RESOURCE_LISTEN=0.0.0.0:8001
EXPOSE 8001
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
    CMD ["resource-api", "healthcheck"]
ENTRYPOINT ["resource-api"]
CMD ["serve"]
