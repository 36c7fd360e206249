# Sourced by the other scripts: finds or installs what they stand on. Bash.

VENV=.venv

say() { printf '%s\n' "$*" >&2; }

# need COMMAND PACKAGE...: make sure that a command exists; install its Debian packages as root, else say what to type.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null 2>&1 || apt_install "$command" "$@"
}

apt_install() {
  local what=$1
  shift
  if ! command -v apt-get >/dev/null 2>&1; then
    say "Missing: $what. Install it with your system's package manager (on Debian: apt-get install $*), then run this again."
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    say "Missing: $what. Type this, then run the same command again:"
    say "    sudo apt-get update && sudo apt-get install -y $*"
    exit 1
  fi
  say "Installing $what ($*) ..."
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Print the newest Python from 3.11 on.
find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  apt_install "Python 3.11 or later" python3 python3-venv
  printf 'python3'
}

# Print a fingerprint of everything that an installation of this tree depends on.
fingerprint() {
  {
    cat pyproject.toml constraints.txt CMakeLists.txt
    find coprocessor_fw/components coprocessor_fw/ports -type f \( -name '*.[ch]' -o -name CMakeLists.txt -o -name '*.cmake' \) -print0 | sort -z | xargs -0 cat
    find controller/cpctl -name '*.py' -print | sort
    printf '%s\n' "$@"
  } | sha256sum | cut -d ' ' -f 1
}
