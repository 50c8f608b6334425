# The bot as it runs in production: a bundle.
# The base is named by its tag, because no registry was reachable to read a digest. Pin it from your own registry:
#   docker build --build-arg BASE=REGISTRY/node@sha256:DIGEST .        with azd: azd env set CMK_BASE_IMAGE …
ARG BASE=node:24-bookworm-slim
FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm sbom --omit=dev --sbom-format=cyclonedx > dist/sbom.cdx.json

FROM ${BASE}
ENV NODE_ENV=production CMK_LISTEN=0.0.0.0
WORKDIR /app
COPY --from=build /build/dist ./
USER node
EXPOSE 3978
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3978) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "cmk-bot-server.mjs"]
