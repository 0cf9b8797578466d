#!/bin/sh
# Makes the checkout ready to run: installs what pnpm-lock.yaml names (once, and
# again whenever it changes) and checks that the Node it brought along starts.
set -eu
cd "$(dirname "$0")/.."

if ! cmp -s pnpm-lock.yaml node_modules/.pnpm/lock.yaml; then
  echo "lango: installing dependencies (once, about 15 s) ..." >&2
  npx --yes --prefer-offline pnpm@12.21.0 install --frozen-lockfile --prefer-offline >&2 || {
    echo "lango: the dependencies could not be installed. Check that this machine reaches the npm registry (npm ping), then run the command again." >&2
    exit 1
  }
fi

if ! node_modules/.bin/node -v >/dev/null 2>&1; then
  # Node 26 is linked against libatomic, which a minimal Debian lacks.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "lango: installing libatomic1, which Node 26 needs ..." >&2
    (apt-get update && apt-get install -y --no-install-recommends libatomic1) >/dev/null 2>&1 || true
  fi
  node_modules/.bin/node -v >/dev/null 2>&1 || {
    echo "lango: Node 26 does not start here. Install its missing library and try again: apt-get install libatomic1" >&2
    exit 1
  }
fi

# bin/lango runs the bundle while no source is newer.
bundle=appliance/dist/cli.js
if ! [ -f "$bundle" ] || [ -n "$(find kernel/src modules drivers captive-portal/src appliance/src tools/bundle.ts pnpm-lock.yaml \
  -name node_modules -prune -o -type f -newer "$bundle" -print -quit)" ]; then
  node_modules/.bin/node tools/bundle.ts >&2 || {
    echo "lango: the sources do not bundle, see above. bin/lango runs them as they are." >&2
  }
fi
