# shellcheck shell=sh disable=SC2034
# Debian's packages by what needs them, and how to get those that are missing. Sourced by run, test and bench; the
# Dockerfile installs from the same list.

# What programs import with a fast BLAS below it, the system call filter's binding, and the fonts of figures.
sandbox_packages="python3 python3-numpy python3-scipy python3-pandas python3-matplotlib python3-sklearn \
  python3-networkx python3-sympy python3-seccomp python3-pil libopenblas0-pthread fonts-dejavu-core fonts-droid-fallback \
  fonts-tlwg-waree-ttf"
# A browser for the page (its build without windows draws none of its own beside it), and the whole one, which alone connects ahead; what sees every call of a process that writes files, pairs of serial ports, a client of RFC 2217.
test_packages="chromium-headless-shell chromium strace socat python3-serial"

require_linux() {
  [ "$(uname -s)" = Linux ] && return
  echo "This is not Linux: run it with Docker instead, see README.md (docker compose up)." >&2
  return 1
}

require_dotnet() {
  command -v dotnet >/dev/null && return
  echo "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2
  return 1
}

# Any Node from 18 on will do, Debian's too.
require_node() {
  command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null && return
  require_packages nodejs npm
}

# Installs those of its arguments that are missing, and says so.
require_packages() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0

  as_root=
  if ! command -v apt-get >/dev/null; then
    echo "These Debian packages are needed:$missing. Install their like, or use Docker, see README.md." >&2
    return 1
  elif [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
  fi
  echo "Installing$missing …" >&2
  # shellcheck disable=SC2086 # one word for each package
  $as_root apt-get update -qq >&2 &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
}
