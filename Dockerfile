# The page.
FROM node:22-bookworm-slim AS page
WORKDIR /source/LLMos.Client
COPY LLMos.Client/package.json LLMos.Client/package-lock.json LLMos.Client/.npmrc ./
RUN npm ci
COPY LLMos.Client ./
RUN npm run build

# The server, with its own .NET runtime.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS server
ARG TARGETARCH
WORKDIR /source
COPY global.json BannedSymbols.txt .editorconfig Directory.Build.props Directory.Packages.props ./
COPY LLMos.Server LLMos.Server
COPY --from=page /source/LLMos.Server/wwwroot LLMos.Server/wwwroot
# A builder without BuildKit does not say for which machine it builds: then it is this one.
RUN case "${TARGETARCH:-$(dpkg --print-architecture)}" in amd64) runtime=linux-x64 ;; arm64) runtime=linux-arm64 ;; *) exit 1 ;; esac \
 && dotnet publish LLMos.Server -c Release -r "$runtime" --self-contained -p:BuildPage=false -o /app

FROM debian:bookworm-slim
COPY scripts/packages.sh /tmp/
# After the packages of the sandbox, what .NET itself needs.
RUN . /tmp/packages.sh && apt-get update \
 && apt-get install -y --no-install-recommends $sandbox_packages ca-certificates libssl3 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /tmp/packages.sh \
 && useradd --uid 1000 --no-create-home --home-dir /data --shell /usr/sbin/nologin llmos \
 && install -d -o 1000 -g 1000 -m 750 /data
COPY --from=server /app /app
ENV ASPNETCORE_URLS=http://+:8080 LLMos__Data__Path=/data
USER 1000:1000
WORKDIR /app
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python3", "-ISc", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8080); c.request('GET', '/api/v1/health/ready'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["/app/LLMos.Server"]
