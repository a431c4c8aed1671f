# The controller's image, and the command line's. It asks nothing of the network but registries: of images and of crates.
#   docker build --tag ghcr.io/prescale/prescale-controller:0.1.0 .
#   docker build --tag ghcr.io/prescale/prescale:0.1.0 --target prescale .
# The Debian of both stages must be one: what was linked against its libc runs on it.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# Crates and what was compiled stay between builds; the programs leave the cache, since a mount is no part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --profile controller --bin prescale-controller \
    && cargo build --locked --release --bin prescale \
    && install -D --target-directory /out target/controller/prescale-controller target/release/prescale

# libc, certificates of public authorities, time zones, and a user that is not root; no shell.
FROM gcr.io/distroless/cc-debian12:nonroot AS base
LABEL org.opencontainers.image.source="https://github.com/prescale/prescale" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Prescale"
USER 65532:65532

FROM base AS prescale
LABEL org.opencontainers.image.title="prescale" \
      org.opencontainers.image.description="Replays recorded traffic through Prescale's decision code"
COPY --from=build /out/prescale /usr/local/bin/prescale
WORKDIR /recordings
ENTRYPOINT ["/usr/local/bin/prescale"]

# The last stage is what is built without --target.
FROM base AS prescale-controller
LABEL org.opencontainers.image.title="prescale-controller" \
      org.opencontainers.image.description="Puts Kubernetes capacity in place before demand arrives"
COPY --from=build /out/prescale-controller /usr/local/bin/prescale-controller
EXPOSE 6443 8080 9090
ENTRYPOINT ["/usr/local/bin/prescale-controller"]
