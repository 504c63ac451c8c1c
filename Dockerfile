# Builds the release programs on Debian 12 and ends in an image of what a node needs, which installs itself onto one:
#
#   docker build -t wasmedge-node .
#   docker run --rm -v /usr/local:/host/usr/local wasmedge-node      installs into the node's /usr/local/bin
#
# BASE: any Debian 12 image. MIRROR: a Debian mirror to use instead of the one that the image names.
ARG BASE=debian:12-slim

FROM $BASE AS build
ARG MIRROR=
WORKDIR /src
COPY deploy/packages deploy/install-packages deploy/
RUN if [ -n "$MIRROR" ]; then \
      rm -f /etc/apt/sources.list.d/debian.sources; \
      echo "deb $MIRROR bookworm main" > /etc/apt/sources.list; \
    fi && deploy/install-packages build node
COPY . .
RUN cmake --preset release \
    && cmake --build --preset release --target \
         containerd-shim-wasmedge-v1 wasmedge-init wasmedge-compiler wasmedge-image wasmedge-pack wasmedge \
    && deploy/install /node/wasmedge \
    && cp deploy/install /node/wasmedge/install \
    && mkdir /node/wasmedge/kubernetes \
    && cp deploy/kubernetes/node deploy/kubernetes/configure-containerd /node/wasmedge/kubernetes/ \
    && mkdir -p /node/bin && cp /bin/busybox /node/bin/busybox && ln -s busybox /node/bin/sh

# Static programs and a shell for the installer: no distribution, nothing to keep patched.
FROM scratch
COPY --from=build /node /
ENV PATH=/bin
ENTRYPOINT ["/bin/busybox", "sh", "/wasmedge/install"]
CMD ["/host/usr/local"]
