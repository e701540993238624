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
# Debian's SciPy asks for the compiler that it was built with, which brings GCC, Boost and more, and does not use it
# afterwards. A package of that name with nothing in it keeps them out: half of the image, and tools for an attacker.
RUN mkdir -p /tmp/python3-pythran/DEBIAN && cd /tmp \
 && printf '%s\n' 'Package: python3-pythran' 'Version: 99' 'Architecture: all' 'Maintainer: LLMos.Server' \
      'Description: stands for the compiler, which SciPy does not need when it runs' > python3-pythran/DEBIAN/control \
 && dpkg-deb --build python3-pythran && dpkg --install python3-pythran.deb && rm -r /tmp/*
COPY scripts/packages.sh /tmp/
# After the packages of the sandbox, what .NET itself needs. The libraries' own tests and tables
# of Unicode that nothing here reads go again. So do all set-user-id bits (su, mount, passwd…): the image has no passwords,
# and where a container is run without no-new-privileges they would be a way to root.
RUN . /tmp/packages.sh && apt-get update \
 && apt-get install -y --no-install-recommends $sandbox_packages ca-certificates libssl3 libstdc++6 \
 && find /usr/lib/python3/dist-packages -type d -name tests -prune -exec rm -r {} + \
 && apt-get clean && rm -r /var/lib/apt/lists/* /usr/share/unicode /tmp/* \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && useradd --uid 1000 --no-create-home --home-dir /data --shell /usr/sbin/nologin llmos \
 && install -d -o 1000 -g 1000 -m 750 /data
COPY --from=server /app /app
# No port for debuggers and profilers, by which another program of the same user could take the server over.
ENV ASPNETCORE_URLS=http://+:8080 LLMos__Data__Path=/data DOTNET_EnableDiagnostics=0
USER 1000:1000
WORKDIR /app
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/bin/python3", "-Ic", "\
from http.client import HTTPConnection; \
server = HTTPConnection('127.0.0.1', 8080); \
server.request('GET', '/api/v1/health/ready'); \
exit(server.getresponse().status != 200)"]
ENTRYPOINT ["/app/LLMos.Server"]
